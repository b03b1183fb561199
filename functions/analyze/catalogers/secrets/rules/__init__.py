"""Every rule, the more specific before those that would find the same value by its surroundings."""

from analyze.catalogers.secrets.rule import Rule
from analyze.catalogers.secrets.rules.azure import RULES as AZURE
from analyze.catalogers.secrets.rules.cloud import RULES as CLOUD
from analyze.catalogers.secrets.rules.code import RULES as CODE
from analyze.catalogers.secrets.rules.communication import RULES as COMMUNICATION
from analyze.catalogers.secrets.rules.files import RULES as FILES
from analyze.catalogers.secrets.rules.intelligence import RULES as INTELLIGENCE
from analyze.catalogers.secrets.rules.marketing import RULES as MARKETING
from analyze.catalogers.secrets.rules.money import RULES as MONEY
from analyze.catalogers.secrets.rules.operations import RULES as OPERATIONS

RULES: tuple[Rule, ...] = (
    *FILES,
    *CLOUD,
    *AZURE,
    *CODE,
    *INTELLIGENCE,
    *MONEY,
    *COMMUNICATION,
    *MARKETING,
    *OPERATIONS,
)

BY_ID: dict[str, Rule] = {rule.id: rule for rule in RULES}
