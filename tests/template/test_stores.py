"""What holds data is private, encrypted, and outlives a mistake."""

import ssl

import pytest
from tests.harness.sam import ROOT
from tests.harness.template import Reference, Stack, statements


def test_buckets_are_private_encrypted_and_kept(stack: Stack) -> None:
    buckets = stack.of_type("AWS::S3::Bucket")
    assert {bucket.name for bucket in buckets} == {"ObjectsBucket", "ArchiveBucket"}
    for bucket in buckets:
        assert set(bucket.properties["PublicAccessBlockConfiguration"].values()) == {True}
        assert bucket.properties["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
        (encryption,) = bucket.properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert encryption["ServerSideEncryptionByDefault"]["KMSMasterKeyID"] == Reference("Key", "Arn")
        assert bucket.properties["VersioningConfiguration"] == {"Status": "Enabled"}
        assert bucket.document["DeletionPolicy"] == bucket.document["UpdateReplacePolicy"] == "Retain"
        rules = bucket.properties["LifecycleConfiguration"]["Rules"]
        assert any("AbortIncompleteMultipartUpload" in rule for rule in rules)
        assert any("NoncurrentVersionExpiration" in rule for rule in rules)


def test_buckets_refuse_plain_http(stack: Stack) -> None:
    refusing = {
        policy.properties["Bucket"].resource
        for policy in stack.of_type("AWS::S3::BucketPolicy")
        for statement in statements(policy.properties["PolicyDocument"])
        if (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
        and len(statement["Resource"]) == 2
    }
    assert refusing == {"ObjectsBucket", "ArchiveBucket"}


def test_nothing_expires_documents_or_bundles(stack: Stack) -> None:
    for bucket in stack.of_type("AWS::S3::Bucket"):
        for rule in bucket.properties["LifecycleConfiguration"]["Rules"]:
            assert "ExpirationInDays" not in rule or rule["Prefix"] == "records/"


@pytest.mark.trap("B16")
def test_bundles_move_to_a_cold_class_after_they_were_verified(stack: Stack) -> None:
    rules = stack.resources["ArchiveBucket"].properties["LifecycleConfiguration"]["Rules"]
    (rule,) = [rule for rule in rules if "Transitions" in rule]

    assert rule["Transitions"][0]["TransitionInDays"] >= 30
    assert int(rule["ObjectSizeGreaterThan"]) == (128 << 10) - 1  # smaller ones are cheaper where they are
    notification = stack.resources["ArchiveBucket"].properties["NotificationConfiguration"]
    assert notification == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}


@pytest.mark.trap("B13")
def test_the_database_sleeps_when_nobody_asks_unless_told_not_to(stack: Stack) -> None:
    for cluster in stack.of_type("AWS::RDS::DBCluster"):
        scaling = cluster.properties["ServerlessV2ScalingConfiguration"]
        assert ("SecondsUntilAutoPause" in scaling) == (scaling["MinCapacity"] == 0)


def test_the_database_is_encrypted_protected_and_has_no_password(stack: Stack) -> None:
    clusters = stack.of_type("AWS::RDS::DBCluster")
    assert bool(clusters) == (stack.parameters["ExistingDatabaseSecret"] == "")
    for cluster in clusters:
        properties = cluster.properties
        assert properties["StorageEncrypted"] is True
        assert properties["DeletionProtection"] is True
        assert properties["EnableIAMDatabaseAuthentication"] is True
        assert properties["MasterUserAuthenticationType"] == "iam-db-auth"
        assert not {"MasterUserPassword", "ManageMasterUserPassword"} & set(properties)
        assert cluster.document["DeletionPolicy"] == "Snapshot"
        parameters = stack.resources[properties["DBClusterParameterGroupName"].resource]
        assert parameters.properties["Parameters"] == {"rds.force_ssl": "1"}
        assert parameters.properties["Family"] == f"aurora-postgresql{properties['EngineVersion'].partition('.')[0]}"


def test_the_database_is_known_by_its_certificate(stack: Stack) -> None:
    for function in stack.of_type("AWS::Lambda::Function"):
        url = str(function.properties["Environment"]["Variables"].get("DATABASE_URL", ""))
        if url.startswith("postgresql://"):
            assert url.endswith("?sslmode=verify-full&sslrootcert=/opt/rds-ca.pem")


def test_the_certificates_of_rds_are_roots_and_valid() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(ROOT / "layers" / "common" / "certificates" / "rds-ca.pem")
    roots = context.get_ca_certs()

    assert len(roots) >= 81
    for root in roots:
        assert root["subject"] == root["issuer"]
        assert ssl.cert_time_to_seconds(str(root["notAfter"])) > ssl.cert_time_to_seconds("Jan  1 00:00:00 2040 GMT")


def test_the_cache_is_reached_by_analyze_alone(stack: Stack) -> None:
    for system in stack.of_type("AWS::EFS::FileSystem"):
        assert system.properties["Encrypted"] is True
        effects = {statement["Effect"] for statement in system.properties["FileSystemPolicy"]["Statement"]}
        assert effects == {"Deny"}  # so that whoever mounts needs IAM rights
        group = stack.resources["CacheSecurityGroup"].properties["SecurityGroupIngress"]
        assert [rule["SourceSecurityGroupId"] for rule in group] == [Reference("AnalyzeSecurityGroup")]
