"""The most important policies of AWS, because a read of the account does not return their content.

Taken from the documents that AWS published up to September 2026 (as `moto` ships them; a test compares). AWS adds
actions to the large read-only policies every week. So for these this module holds a ceiling, which allows more than the
policy does: an action outside the ceiling is surely not allowed, an action inside it is unknown.
"""

from __future__ import annotations

from functools import cache

from reconciler.model.document import Document, Json
from reconciler.model.partitions import DEFAULT_PARTITION
from reconciler.policy.canonical import CURRENT_VERSION, canonical

_AWS_POLICY_PREFIX = ":iam::aws:policy/"


def _make_allow(actions: str) -> dict[str, Json]:
    return {"Effect": "Allow", "Action": list(actions.split()), "Resource": "*"}


def _make_deny(actions: str) -> dict[str, Json]:
    return {**_make_allow(actions), "Effect": "Deny"}


_QUARANTINE = """
    iam:AttachGroupPolicy iam:AttachRolePolicy iam:AttachUserPolicy iam:ChangePassword iam:CreateAccessKey
    iam:CreateInstanceProfile iam:CreateLoginProfile iam:CreateRole iam:CreateUser iam:DetachUserPolicy
    iam:PutUserPermissionsBoundary iam:PutUserPolicy iam:UpdateAccessKey iam:UpdateAccountPasswordPolicy
    iam:UpdateUser ec2:RequestSpotInstances ec2:RunInstances ec2:StartInstances organizations:CreateAccount
    organizations:CreateOrganization organizations:InviteAccountToOrganization lambda:CreateFunction
    lightsail:Create* lightsail:Start* lightsail:Delete* lightsail:Update* lightsail:GetInstanceAccessDetails
    lightsail:DownloadDefaultKeyPair
"""
_QUARANTINE_V2 = """
    cloudtrail:LookupEvents ec2:RequestSpotInstances ec2:RunInstances ec2:StartInstances iam:AddUserToGroup
    iam:AttachGroupPolicy iam:AttachRolePolicy iam:AttachUserPolicy iam:ChangePassword iam:CreateAccessKey
    iam:CreateInstanceProfile iam:CreateLoginProfile iam:CreatePolicyVersion iam:CreateRole iam:CreateUser
    iam:DetachUserPolicy iam:PassRole iam:PutGroupPolicy iam:PutRolePolicy iam:PutUserPermissionsBoundary
    iam:PutUserPolicy iam:SetDefaultPolicyVersion iam:UpdateAccessKey iam:UpdateAccountPasswordPolicy
    iam:UpdateAssumeRolePolicy iam:UpdateLoginProfile iam:UpdateUser lambda:AddLayerVersionPermission
    lambda:AddPermission lambda:CreateFunction lambda:GetPolicy lambda:ListTags
    lambda:PutProvisionedConcurrencyConfig lambda:TagResource lambda:UntagResource lambda:UpdateFunctionCode
    lightsail:Create* lightsail:Delete* lightsail:DownloadDefaultKeyPair lightsail:GetInstanceAccessDetails
    lightsail:Start* lightsail:Update* organizations:CreateAccount organizations:CreateOrganization
    organizations:InviteAccountToOrganization s3:DeleteBucket s3:DeleteObject s3:DeleteObjectVersion
    s3:PutLifecycleConfiguration s3:PutBucketAcl s3:PutBucketOwnershipControls s3:DeleteBucketPolicy
    s3:ObjectOwnerOverrideToBucketOwner s3:PutAccountPublicAccessBlock s3:PutBucketPolicy s3:ListAllMyBuckets
    ec2:PurchaseReservedInstancesOffering ec2:AcceptReservedInstancesExchangeQuote
    ec2:CreateReservedInstancesListing savingsplans:CreateSavingsPlan ecs:CreateService ecs:CreateCluster
    ecs:RegisterTaskDefinition ecr:GetAuthorizationToken bedrock:CreateModelInvocationJob
    bedrock:InvokeModelWithResponseStream bedrock:CreateFoundationModelAgreement
    bedrock:PutFoundationModelEntitlement bedrock:InvokeModel s3:CreateBucket s3:PutBucketCors s3:GetObject
    s3:ListBucket sagemaker:CreateEndpointConfig sagemaker:CreateProcessingJob ses:GetSendQuota
    ses:ListIdentities sts:GetSessionToken sts:GetFederationToken amplify:CreateDeployment
    amplify:CreateBackendEnvironment codebuild:CreateProject glue:CreateJob iam:DeleteRole iam:DeleteAccessKey
    iam:ListUsers lambda:GetEventSourceMapping sns:GetSMSAttributes mediapackagev2:CreateChannel
"""
_QUARANTINE_V3 = """
    cloudtrail:LookupEvents ec2:RequestSpotInstances ec2:RunInstances ec2:StartInstances
    ec2:PurchaseReservedInstancesOffering ec2:AcceptReservedInstancesExchangeQuote
    ec2:CreateReservedInstancesListing iam:AddUserToGroup iam:AttachGroupPolicy iam:AttachRolePolicy
    iam:AttachUserPolicy iam:ChangePassword iam:CreateAccessKey iam:CreateInstanceProfile iam:CreateLoginProfile
    iam:CreatePolicyVersion iam:CreateRole iam:CreateUser iam:DetachUserPolicy iam:PassRole iam:PutGroupPolicy
    iam:PutRolePolicy iam:PutUserPermissionsBoundary iam:PutUserPolicy iam:SetDefaultPolicyVersion
    iam:UpdateAccessKey iam:UpdateAccountPasswordPolicy iam:UpdateAssumeRolePolicy iam:UpdateLoginProfile
    iam:UpdateUser iam:DeleteRole iam:DeleteAccessKey iam:ListUsers lambda:AddLayerVersionPermission
    lambda:AddPermission lambda:CreateFunction lambda:GetPolicy lambda:ListTags
    lambda:PutProvisionedConcurrencyConfig lambda:TagResource lambda:UntagResource lambda:UpdateFunctionCode
    lambda:GetEventSourceMapping lightsail:Create* lightsail:Delete* lightsail:DownloadDefaultKeyPair
    lightsail:GetInstanceAccessDetails lightsail:Start* lightsail:Update* organizations:CreateAccount
    organizations:CreateOrganization organizations:InviteAccountToOrganization organizations:LeaveOrganization
    organizations:AcceptHandshake s3:DeleteBucket s3:DeleteObject s3:DeleteObjectVersion
    s3:PutLifecycleConfiguration s3:PutBucketAcl s3:PutBucketOwnershipControls s3:DeleteBucketPolicy
    s3:ObjectOwnerOverrideToBucketOwner s3:PutAccountPublicAccessBlock s3:PutBucketPolicy s3:ListAllMyBuckets
    s3:CreateBucket s3:PutBucketCors s3:GetObject s3:ListBucket s3:PutEncryptionConfiguration
    savingsplans:CreateSavingsPlan ecs:CreateService ecs:CreateCluster ecs:RegisterTaskDefinition
    ecr:GetAuthorizationToken bedrock:CreateModelInvocationJob bedrock:InvokeModelWithResponseStream
    bedrock:CreateFoundationModelAgreement bedrock:PutFoundationModelEntitlement bedrock:InvokeModel
    sagemaker:CreateEndpointConfig sagemaker:CreateProcessingJob ses:GetSendQuota ses:ListIdentities
    sts:GetSessionToken sts:GetFederationToken amplify:CreateDeployment amplify:CreateBackendEnvironment
    codebuild:CreateProject glue:CreateJob sns:GetSMSAttributes mediapackagev2:CreateChannel logs:PutLogEvents
    kms:PutKeyPolicy kms:RetireGrant kms:RevokeGrant kms:ScheduleKeyDeletion kms:DeleteImportedKeyMaterial
"""

_KMS_GRANTS: dict[str, Json] = {**_make_deny("kms:CreateGrant"), "Condition": {"Null": {"kms:ViaService": "true"}}}

_NOT_IAM: dict[str, Json] = {
    "Effect": "Allow",
    "NotAction": ["iam:*", "organizations:*", "account:*"],
    "Resource": "*",
}

_OWN_PASSWORD: dict[str, Json] = {
    "Effect": "Allow",
    "Action": "iam:ChangePassword",
    "Resource": ["arn:aws:iam::*:user/${aws:username}", "arn:aws:iam::*:user/*/${aws:username}"],
}

_EXACT: dict[str, list[dict[str, Json]]] = {
    "AdministratorAccess": [_make_allow("*")],
    "PowerUserAccess": [
        _NOT_IAM,
        _make_allow(
            """
            account:GetAccountInformation account:GetGovCloudAccountInformation account:GetPrimaryEmail
            account:ListRegions iam:CreateServiceLinkedRole iam:DeleteServiceLinkedRole iam:ListRoles
            organizations:DescribeEffectivePolicy organizations:DescribeOrganization
            """
        ),
    ],
    "IAMFullAccess": [
        _make_allow(
            """
            iam:* organizations:DescribeAccount organizations:DescribeOrganization
            organizations:DescribeOrganizationalUnit organizations:DescribePolicy organizations:ListChildren
            organizations:ListParents organizations:ListPoliciesForTarget organizations:ListRoots
            organizations:ListPolicies organizations:ListTargetsForPolicy
            """
        ),
    ],
    "IAMReadOnlyAccess": [
        _make_allow(
            """
            iam:GenerateCredentialReport iam:GenerateServiceLastAccessedDetails iam:Get* iam:List*
            iam:SimulateCustomPolicy iam:SimulatePrincipalPolicy
            """
        ),
    ],
    "IAMUserChangePassword": [_OWN_PASSWORD, _make_allow("iam:GetAccountPasswordPolicy")],
    "AmazonS3FullAccess": [_make_allow("s3:* s3-object-lambda:*")],
    "AWSSupportAccess": [_make_allow("support:* support-console:*")],
    "service-role/AWSLambdaBasicExecutionRole": [
        _make_allow("logs:CreateLogGroup logs:CreateLogStream logs:PutLogEvents"),
    ],
    "AWSDenyAll": [{**_make_deny("*"), "Sid": "DenyAll"}],
    "AWSCompromisedKeyQuarantine": [_make_deny(_QUARANTINE)],
    "AWSCompromisedKeyQuarantineV2": [_make_deny(_QUARANTINE_V2)],
    "AWSCompromisedKeyQuarantineV3": [_make_deny(_QUARANTINE_V3), _KMS_GRANTS],
}
"""Maps path and name of a policy to all of its statements."""

_READ_ACTIONS = """
    *:Get* *:List* *:Describe* *:BatchGet* *:Search* *:Query* *:Validate* *:Check* *:Test* *:View* *:Select*
    *:Read* *:Is* *:Discover* *:Preview* *:Retrieve* *:Lookup* *:Detect* *:Scan* *:Evaluate* *:Count* *:Verify*
    *:Estimate* *:BatchDescribe* *:BatchList* *:BatchCheck* *:Generate*
    agent-registry:InvokeRegistryMcp athena:Batch* bedrock-mantle:CallWithBearerToken
    bedrock:AgenticRetrieveStream clouddirectory:BatchRead codecommit:GitPull codedeploy:Batch*
    cognito-idp:AdminGet* cognito-idp:AdminList* comprehend:BatchDetect* comprehend:Classify*
    comprehend:Contains* config:Deliver* devops-guru:StartCostEstimation dynamodb:PartiQLSelect
    eks:AccessKubernetesApi elasticbeanstalk:Request* elemental-inference:ExportDictionaryEntries es:ESHttpGet
    es:ESHttpHead gamelift:ResolveAlias iam:Simulate* iam:SimulateCustomPolicy iam:SimulatePrincipalPolicy
    iotanalytics:SampleChannelData logs:FilterLogEvents logs:StartLiveTail logs:StartQuery logs:StopLiveTail
    logs:StopQuery mediaconvert:Probe polly:SynthesizeSpeech rds:Download* rds:DownloadDBLogFilePortion
    rekognition:CompareFaces rekognition:RecognizeCelebrities s3express:CreateSession sdb:DomainMetadata
    servicequotas:StartQuotaUtilizationReport sqs:Receive* wellarchitected:ExportLens xray:CancelTraceRetrieval
    xray:StartTraceRetrieval
"""

_CEILINGS: dict[str, list[dict[str, Json]]] = {
    "ReadOnlyAccess": [_make_allow(_READ_ACTIONS)],
    "SecurityAudit": [_make_allow(_READ_ACTIONS)],
    "job-function/ViewOnlyAccess": [_make_allow(_READ_ACTIONS)],
}
"""Maps path and name of a policy to statements that allow more than it does."""

_POLICIES_WITH_DENY = frozenset(
    """
    AWSCertificateManagerPrivateCAPrivilegedUser AWSCertificateManagerPrivateCAUser
    AWSCleanRoomsFullAccessNoQuerying AWSCompromisedKeyQuarantine AWSCompromisedKeyQuarantineV2
    AWSCompromisedKeyQuarantineV3 AWSDeepRacerDefaultMultiUserAccess AWSDenyAll AWSEC2SpotServiceRolePolicy
    AWSIAMIdentityCenterAllowListForIdentityContext AWSLakeFormationDataAdmin AWSPrivateCAPrivilegedUser
    AWSPrivateCAUser AWSQuickSetupManagedInstanceProfileExecutionPolicy
    AWSSystemsManagerOpsDataSyncServiceRolePolicy AWSTransformApplicationDeploymentPolicy
    AmazonCognitoIdpEmailServiceRolePolicy AmazonConnectReadOnlyAccess AmazonConnectServiceLinkedRolePolicy
    AmazonConnectSynchronizationServiceRolePolicy AmazonDataZoneEnvironmentRolePermissionsBoundary
    AmazonDataZoneSageMakerEnvironmentRolePermissionsBoundary AmazonGuardDutyMalwareProtectionServiceRolePolicy
    AmazonInspector2AgentlessServiceRolePolicy AmazonInspector2AmiScanServiceRolePolicy
    AmazonRDSCustomPreviewServiceRolePolicy AmazonRDSCustomServiceRolePolicy AmazonRedshiftDataFullAccess
    AmazonSecurityLakePermissionsBoundary AwsGlueSessionUserRestrictedNotebookPolicy
    AwsGlueSessionUserRestrictedNotebookServiceRole AwsGlueSessionUserRestrictedPolicy
    AwsGlueSessionUserRestrictedServiceRole CloudWatchOmniSpaceAccessPolicy IAMAuditRootUserCredentials
    IAMCreateRootUserPassword IAMDeleteRootUserCredentials S3UnlockBucketPolicy SQSUnlockQueuePolicy
    SageMakerStudioAdminIAMDefaultExecutionPolicy SageMakerStudioAdminIAMPermissiveExecutionPolicy
    SageMakerStudioProjectUserRolePermissionsBoundary SageMakerStudioUserIAMDefaultExecutionPolicy
    SageMakerStudioUserIAMPermissiveExecutionPolicy
    """.split()
)
"""The names of all policies of AWS with a Deny in them."""


@cache
def find_aws_policy(arn: str) -> tuple[Document | None, bool]:
    """Return the document of a policy of AWS, and False if it is only a ceiling; (None, True) if it is not known."""
    before, mark, name = arn.partition(_AWS_POLICY_PREFIX)
    if not mark:
        return None, True
    partition = before.removeprefix("arn:")
    statements = _EXACT.get(name) or _CEILINGS.get(name)
    if statements is None:
        return None, True
    body: dict[str, Json] = {"Version": CURRENT_VERSION, "Statement": list(statements)}
    return canonical(body, partition), name in _EXACT and (
        partition == DEFAULT_PARTITION or name != "IAMUserChangePassword"
    )


def is_unknown_aws_policy(arn: str) -> bool:
    """Return whether a policy is one of AWS whose exact content is not known here."""
    document, is_exact = find_aws_policy(arn)
    return _AWS_POLICY_PREFIX in arn and (document is None or not is_exact)


def may_deny(arn: str) -> bool:
    """Return whether a policy of unknown content may deny something; few of AWS's own policies do."""
    _, mark, name = arn.partition(_AWS_POLICY_PREFIX)
    return not mark or name.rpartition("/")[2] in _POLICIES_WITH_DENY
