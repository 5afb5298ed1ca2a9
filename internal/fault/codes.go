package fault

// No package but this one spells error codes of AWS. A code that several services use with one meaning
// stands in commonClass; a code that means something else in one service stands in serviceClass.

// commonClass returns what a code means in every service.
func commonClass(code string) Class {
	switch code {
	case "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException",
		"TooManyRequests", "TooManyRequestsException", "RequestLimitExceeded", "BandwidthLimitExceeded", "SlowDown",
		"PriorRequestNotComplete", "EC2ThrottledException", "ProvisionedThroughputExceededException",
		"Throttled", "KMSThrottlingException", "RateExceeded":
		return Retry // too fast
	case "InternalError", "InternalFailure", "InternalException", "InternalServerError", "InternalServerException",
		"InternalServerErrorException",
		"InternalServiceError", "InternalServiceException", "InternalServiceFault", "KMSInternalException",
		"ServiceException", "ServiceFailure", "ServiceFailureException", "ServiceUnavailable",
		"ServiceUnavailableException", "Unavailable",
		"DependencyTimeoutException", "RequestTimeout", "RequestTimeoutException", "IDPCommunicationError":
		return Retry // not well
	case "ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired", "RequestTimeTooSkewed":
		return Retry // the next session is fresh
	case "ConcurrentModification", "ConcurrentModificationException", "ConcurrentUpdateError", "ConflictException",
		"OperationAborted", "OptimisticLockException", "WAFOptimisticLockException", "PreconditionFailed",
		"PreconditionFailedException", "InvalidIfMatchVersion", "ResourceConflictException", "TransactionConflictException",
		"TransactionInProgressException", "EntityTemporarilyUnmodifiable", "OperationInProgressException",
		"OperationInProgressFailure":
		return Retry // somebody else is writing
	case "IncorrectState", "IncorrectInstanceState", "InvalidDBInstanceState", "InvalidDBInstanceStateFault",
		"InvalidDBClusterStateFault", "InvalidClusterState", "InvalidClusterStateFault", "ResourceNotReadyException",
		"InvalidCacheClusterState", "InvalidCacheClusterStateFault", "InvalidReplicationGroupState",
		"InvalidReplicationGroupStateFault":
		return Retry // between two states
	}
	return lastingClass(code)
}

// lastingClass returns what the codes mean that no waiting cures.
func lastingClass(code string) Class {
	switch code {
	case "AccessDenied", "AccessDeniedException", "AccessDeniedFault", "UnauthorizedOperation", "AuthorizationError",
		"AuthorizationErrorException", "NotAuthorized", "NotAuthorizedException", "UnauthorizedException",
		"Forbidden", "ForbiddenException", "AllAccessDisabled", "AuthFailure", "InvalidClientTokenId", "InvalidAccessKeyId",
		"UnrecognizedClientException", "SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature",
		"MissingAuthenticationToken", "OptInRequired", "SubscriptionRequiredException", "RegionDisabledException",
		"InvalidAccessException", "OrganizationAccessDeniedException", "InsufficientPrivilegesException":
		return Denied
	case "LimitExceeded", "LimitExceededException", "QuotaExceeded", "QuotaExceededException",
		"ServiceQuotaExceededException", "DependencyViolation", "DeleteConflict", "DeleteConflictException",
		"UnmodifiableEntity", "UnsupportedOperation", "UnsupportedOperationException", "OperationNotPermitted",
		"OperationNotPermittedException", "MethodNotAllowed", "NotImplemented", "KMSInvalidStateException",
		"InvalidStateException", "EntityAlreadyExists", "PolicyLengthExceededException":
		return Refused
	case "ValidationError", "ValidationException", "InvalidParameter", "InvalidParameterException",
		"InvalidParameterValue", "InvalidParameterValueException", "InvalidParameterCombination",
		"InvalidParameterCombinationException", "MissingParameter",
		"InvalidRequest", "InvalidRequestException", "InvalidInput", "InvalidInputException",
		"InvalidArgument", "InvalidArgumentException", "MalformedPolicy", "MalformedPolicyDocument",
		"MalformedPolicyDocumentException", "MalformedXML", "BadRequestException", "SerializationException", "InvalidAction",
		"PackedPolicyTooLarge", "PackedPolicyTooLargeException", "FindingSizeExceeded", "DuplicatedFindingIdentifier":
		return Invalid
	}
	return Unknown
}

// serviceClass returns what a code means in one service, where that differs from the rest.
func serviceClass(service, code string) Class {
	switch service + "/" + code {
	case "DynamoDB/LimitExceededException", // too many control operations at a time
		"DynamoDB/ResourceInUseException", // the table is being updated
		"EKS/ResourceInUseException",      // so is the cluster
		"Lambda/CodeStorageExceededException",
		"SSM/AutomationExecutionLimitExceededException", // so many run at a time
		// Somebody else has published a runbook a moment ago, or made a parameter.
		"SSM/DocumentAlreadyExists", "SSM/DuplicateDocumentContent", "SSM/DuplicateDocumentVersionName",
		"SSM/ParameterAlreadyExists", "SSM/TooManyUpdates",
		// A rule, not its group: somebody else changed the rules a moment ago.
		"EC2/InvalidPermission.NotFound", "EC2/InvalidPermission.Duplicate", "EC2/InvalidSecurityGroupRuleId.NotFound",
		// So an entry, not its network ACL.
		"EC2/InvalidNetworkAclEntry.NotFound",
		"RDS/SubscriptionAlreadyExist", // somebody else was quicker
		"Auto Scaling/AlreadyExists",   // made a moment ago
		"Auto Scaling/ResourceContention", "Auto Scaling/ScalingActivityInProgress",
		"SFN/StateMachineDeleting", // and will be gone
		"CloudTrail/InsufficientDependencyServiceAccessPermissionException", // a role created a moment ago
		"Config Service/InvalidRoleException", "Config Service/NoAvailableDeliveryChannelException":
		return Retry
	case "Config Service/NoAvailableOrganizationException", "Config Service/InsufficientDeliveryPolicyException",
		"Config Service/MaxNumberOfConfigurationRecordersExceededException",
		"Config Service/MaxNumberOfDeliveryChannelsExceededException", "Config Service/NoSuchBucketException",
		"S3/InvalidBucketState", "KMS/DisabledException",
		"CloudTrail/InvalidHomeRegionException", "CloudTrail/NotOrganizationManagementAccountException",
		"CloudTrail/NotOrganizationMasterAccountException", "CloudTrail/InsufficientS3BucketPolicyException",
		"Auto Scaling/ResourceInUse",
		"CloudTrail/InsufficientEncryptionPolicyException", "CloudTrail/InvalidCloudWatchLogsLogGroupArnException",
		"CloudTrail/InvalidCloudWatchLogsRoleArnException", "CloudTrail/CloudWatchLogsDeliveryUnavailableException",
		"Route 53/InsufficientCloudWatchLogsResourcePolicy", "Route 53/NoSuchCloudWatchLogsLogGroup",
		"Route 53/QueryLoggingConfigAlreadyExists", "SFN/InvalidLoggingConfiguration",
		"EC2/RulesPerSecurityGroupLimitExceeded", "EC2/NetworkAclEntryAlreadyExists",
		"EC2/NetworkAclEntryLimitExceeded", "EC2/FlowLogAlreadyExists", "EC2/FlowLogsLimitExceeded",
		"RDS/EventSubscriptionQuotaExceeded", "RDS/SNSInvalidTopic", "RDS/SNSNoAuthorization", "RDS/SNSTopicArnNotFound",
		"WAFV2/WAFInvalidOperationException", "WAFV2/WAFLimitsExceededException",
		"WAFV2/WAFLogDestinationPermissionIssueException",
		"SSM/InvalidKeyId", "SSM/ParameterLimitExceeded",
		"SSM/DocumentLimitExceeded", "SSM/DocumentVersionLimitExceeded", "SSM/AutomationDefinitionNotApprovedException",
		// A session whose policy STS cannot pack: the resource's name, not the control.
		"STS/PackedPolicyTooLarge", "STS/PackedPolicyTooLargeException":
		return Refused
	case "SSM/AutomationDefinitionNotFoundException", "SSM/AutomationDefinitionVersionNotFoundException":
		return Drifted // it was there a moment ago
	case "SSM/InvalidAutomationExecutionParametersException", "SSM/IdempotentParameterMismatch",
		"SSM/InvalidDocumentContent", "SSM/InvalidDocumentSchemaVersion", "SSM/MaxDocumentSizeExceeded",
		"WAFV2/WAFInvalidParameterException":
		return Invalid
	}
	return Unknown
}

// goneCodes lists per service the codes, as patterns of path.Match, with which it says that the resource
// itself is not there. The absence of a part (no policy, no password policy, no login profile) is a
// state, and is answered by Read before an error comes here. To teach Salve a new service, add a line.
func goneCodes(service string) []string {
	switch service {
	case "S3", "S3 Control":
		return []string{"NoSuchBucket", "NotFound"} // NotFound: a HEAD answer has no body
	case "EC2", "Auto Scaling":
		return []string{"*.NotFound", "*.NotFoundException"}
	case "IAM", "STS":
		return []string{"NoSuchEntity", "NoSuchEntityException"}
	case "SQS":
		return []string{"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"}
	case "SNS":
		return []string{"NotFound", "NotFoundException"}
	case "SecurityHub":
		return []string{"FindingNotFound", "ResourceNotFoundException"}
	case "SSM":
		return []string{"InvalidDocument", "InvalidDocumentException", "DoesNotExistException"}
	case "CloudFront":
		return []string{"NoSuchDistribution", "NoSuchResource"}
	case "Route 53":
		return []string{"NoSuchHostedZone"}
	case "SFN":
		return []string{"StateMachineDoesNotExist"}
	case "WAF", "WAF Regional", "WAFV2":
		return []string{"WAFNonexistentItemException"}
	}
	// Most other services use one of these words, for RDS, Redshift and ElastiCache with the kind in front.
	return []string{
		"ResourceNotFound", "ResourceNotFoundException", "NotFoundException", "*NotFoundFault",
		"DBInstanceNotFound", "DBSnapshotNotFound", "ClusterNotFound", "ClusterNotFoundException",
		"CacheClusterNotFound", "ServiceNotFoundException",
		"FileSystemNotFound", "LoadBalancerNotFound", "TargetGroupNotFound", "TrailNotFoundException",
		"RepositoryNotFoundException",
	}
}

// transactionClass returns what a reason of a cancelled DynamoDB transaction means.
func transactionClass(reason string) Class {
	switch reason {
	case "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded":
		return Retry
	case "ValidationError", "ItemCollectionSizeLimitExceeded":
		return Invalid
	}
	return Unknown
}
