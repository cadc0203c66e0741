"""List services and the names of their service-linked roles, without `.amazonaws.com` and `AWSServiceRoleFor`.

`RECORDED`: roles that LocalStack's verified test_iam.py (TestIAMServiceRoles, 2025) created in a real account.
`WITH_SUFFIX`: the services of those that accepted a suffix; the test tried every one.
`POLICIES`: roles that AWS-managed policies name in full as a resource
(`arn:aws:iam::*:role/aws-service-role/SERVICE/NAME`, policies of September 2026 as moto ships them).
`GUIDES`: roles named in the user guides of their services ("Using service-linked roles for …").
A service in none of these lists has no role in the sandbox, although it may have one in AWS.
"""

from __future__ import annotations

RECORDED = """
    accountdiscovery.ssm AmazonSSM_AccountDiscovery
    acm CertificateManager
    appmesh AppMesh
    autoscaling AutoScaling
    autoscaling-plans AutoScalingPlans_EC2AutoScaling
    backup Backup
    batch Batch
    cassandra.application-autoscaling ApplicationAutoScaling_CassandraTable
    cks.kms KeyManagementServiceCustomKeyStores
    cloudtrail CloudTrail
    codestar-notifications CodeStarNotifications
    config Config
    connect AmazonConnect
    dms DMSServerless
    dms-fleet-advisor DMSFleetAdvisor
    docdb-elastic DocDB-Elastic
    ec2-instance-connect Ec2InstanceConnect
    ec2.application-autoscaling ApplicationAutoScaling_EC2SpotFleetRequest
    ecr ECRTemplate
    ecs ECS
    eks AmazonEKS
    eks-connector AmazonEKSConnector
    eks-fargate AmazonEKSForFargate
    eks-nodegroup AmazonEKSNodegroup
    elasticache ElastiCache
    elasticbeanstalk ElasticBeanstalk
    elasticfilesystem AmazonElasticFileSystem
    elasticloadbalancing ElasticLoadBalancing
    email.cognito-idp AmazonCognitoIdpEmailService
    emr-containers AmazonEMRContainers
    emrwal EMRWAL
    fis FIS
    grafana AmazonGrafana
    imagebuilder ImageBuilder
    iotmanagedintegrations IoTManagedIntegrations
    kafka Kafka
    kafkaconnect KafkaConnect
    lakeformation LakeFormationDataAccess
    lex LexBots
    lexv2 LexV2Bots
    lightsail Lightsail
    m2 AWSM2
    memorydb MemoryDB
    mq AmazonMQ
    mrk.kms KeyManagementServiceMultiRegionKeys
    notifications AwsUserNotifications
    observability.aoss AmazonOpenSearchServerless
    opensearchservice AmazonOpenSearchService
    ops.apigateway APIGateway
    ops.emr-serverless AmazonEMRServerless
    opsdatasync.ssm SystemsManagerOpsDataSync
    opsinsights.ssm AmazonSSM_OpsInsights
    pullthroughcache.ecr ECRPullThroughCache
    ram ResourceAccessManager
    rds RDS
    redshift Redshift
    replication.cassandra KeyspacesReplication
    replication.ecr ECRReplication
    repository.sync.codeconnections GitSync
    resource-explorer-2 ResourceExplorer
    rolesanywhere RolesAnywhere
    s3-outposts S3OnOutposts
    ses AmazonSES
    shield AWSShield
    ssm AmazonSSM
    ssm-incidents IncidentManager
    ssm-quicksetup SSMQuickSetup
    sso SSO
    vpcorigin.cloudfront CloudFrontVPCOrigin
    waf WAFLogging
    wafv2 WAFV2Logging
"""
POLICIES = """
    access-analyzer AccessAnalyzer
    aco-automation ComputeOptimizerAutomation
    agent-registry AgentRegistry
    airflow AmazonMWAA
    airflow-serverless AmazonMWAAServerless
    apidestinations.events AmazonEventBridgeApiDestinations
    appfabric AppFabric
    application-insights ApplicationInsights
    application-signals.cloudwatch CloudWatchApplicationSignals
    apprunner AppRunner
    appstream.application-autoscaling ApplicationAutoScaling_AppStreamFleet
    artifact Artifact
    bedrock-agentcore BedrockAgentCoreGatewayNetwork
    bugbust BugBust
    cassandra-streams AmazonKeyspacesCDC
    channels.lex LexChannels
    chime AmazonChime
    codeguru-reviewer AmazonCodeGuruReviewer
    compute-optimizer ComputeOptimizer
    config-conforms ConfigConforms
    cost-optimization-hub.bcm CostOptimizationHub
    datasync DataSync
    delivery.logs LogDelivery
    devops-guru DevOpsGuru
    dynamodb.application-autoscaling ApplicationAutoScaling_DynamoDBTable
    ec2fastlaunch EC2FastLaunch
    elasticmapreduce EMRCleanup
    fms FMS
    inspector AmazonInspector
    internetmonitor InternetMonitor
    justintimeaccess.ssm SystemsManagerJustInTimeAccess
    lambda Lambda
    license-management.marketplace MarketplaceLicenseManagement
    license-manager.member-account AWSLicenseManagerMemberAccountRole
    macie AmazonMacie
    monitoring.thinclient AmazonWorkSpacesThinClientMonitoring
    neptune-graph NeptuneGraph
    network-firewall NetworkFirewall
    network.bedrock-agentcore BedrockAgentCoreNetwork
    notifications.ssm SystemsManagerNotifications
    ops.athena AmazonAthena
    orgsdatasync.servicecatalog ServiceCatalogOrgsDataSync
    osis AmazonOpenSearchIngestionService
    private-marketplace.marketplace PrivateMarketplaceAdmin
    remediation.config ConfigRemediation
    reporting.trustedadvisor TrustedAdvisorReporting
    route53resolver Route53Resolver
    rum RealUserMonitoring
    runtime-identity.bedrock-agentcore BedrockAgentCoreRuntimeIdentity
    runtime-instances.bedrock-agentcore BedrockAgentCoreRuntimeInstances
    sagemaker AmazonSageMakerNotebooks
    sagemaker.application-autoscaling ApplicationAutoScaling_SageMakerEndpoint
    schemas Schemas
    sdmp SDMP
    security-ir SecurityIncidentResponse
    securitylake SecurityLake
    servicecatalog-appregistry AWSServiceCatalogAppRegistry
    servicequotas ServiceQuotas
    spot EC2Spot
    ssm-sap AWSSSMForSAP
    support Support
    supportplans SupportPlans
    sync.proton ProtonSync
    thirdparty.config ConfigThirdParty
    timestream-influxdb TimestreamInfluxDB
    transform-custom AWSTransformCustom
    transitgateway VPCTransitGateway
    triage.security-ir SecurityIncidentResponse_Triage
    user-attribute-cost-allocation-data UserAttributeCostAllocation
    vpc-lattice VpcLattice
"""
GUIDES = """
    ecs.application-autoscaling ApplicationAutoScaling_ECSService
    elasticache.application-autoscaling ApplicationAutoScaling_ElastiCacheRG
    globalaccelerator GlobalAccelerator
    guardduty AmazonGuardDuty
    inspector2 AmazonInspector2
    lambda.application-autoscaling ApplicationAutoScaling_LambdaConcurrency
    logger.cloudfront CloudFrontLogger
    organizations Organizations
    rds.application-autoscaling ApplicationAutoScaling_RDSCluster
    replicator.lambda LambdaReplicator
    securityhub SecurityHub
    spotfleet EC2SpotFleet
    trustedadvisor TrustedAdvisor
"""
WITH_SUFFIX = ("autoscaling", "connect", "lexv2")

LINKED_ROLES = {
    f"{service}.amazonaws.com": f"AWSServiceRoleFor{role}"
    for service, role in (line.split() for line in f"{RECORDED}{POLICIES}{GUIDES}".splitlines() if line.strip())
}
"""Service principal → name of its role."""
