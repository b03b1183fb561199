"""Print a SAM template as the CloudFormation template it becomes: run by the Python of aws-sam-cli.

`sam_transform.py TEMPLATE REGION`. Nothing is asked of AWS: the template uses no managed policy by name.
"""

import json
import sys
from pathlib import Path

from samcli.lib.translate.sam_template_validator import SamTemplateValidator
from samcli.yamlhelper import yaml_parse


class NoManagedPolicies:
    """Stands where sam would list the account's managed policies."""

    def load(self) -> dict[str, str]:
        return {}


template = yaml_parse(Path(sys.argv[1]).read_text(encoding="utf-8"))
validator = SamTemplateValidator(template, NoManagedPolicies(), region=sys.argv[2])
json.dump(yaml_parse(validator.get_translated_template_if_valid()), sys.stdout)
