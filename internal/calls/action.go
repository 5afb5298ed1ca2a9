package calls

import "strings"

// Action is the IAM action that an operation needs, "s3:GetBucketAcl". Most are
// the service id in lower case and the operation; the rest stand in tables.
// Source: the AWS Service Authorization Reference.
func Action(serviceID, operation string) string {
	service := strings.ToLower(strings.ReplaceAll(serviceID, " ", ""))
	if a, ok := exceptions()[service+":"+operation]; ok {
		return a
	}
	if p, ok := prefixes()[service]; ok {
		service = p
	}
	if service == "apigateway" {
		return service + ":" + method(operation)
	}
	return service + ":" + operation
}

// method is the action of API Gateway, which IAM knows by the methods of HTTP: what is reached says the ARN.
func method(operation string) string {
	for verb, is := range map[string]string{
		"Create": "POST", "Delete": "DELETE", "Import": "POST", "Put": "PUT", "Reimport": "PUT", "Tag": "PUT",
		"Untag": "DELETE", "Update": "PATCH",
	} {
		if strings.HasPrefix(operation, verb) {
			return is
		}
	}
	return "GET"
}

// prefixes are the services whose actions do not start with their id.
func prefixes() map[string]string {
	return map[string]string{
		"accessanalyzer": "access-analyzer", "apigatewayv2": "apigateway",
		"applicationautoscaling": "application-autoscaling",
		"cloudwatchlogs":         "logs", "cognitoidentity": "cognito-identity", "cognitoidentityprovider": "cognito-idp",
		"configservice": "config", "databasemigrationservice": "dms", "directoryservice": "ds", "docdb": "rds",
		"efs": "elasticfilesystem", "elasticloadbalancingv2": "elasticloadbalancing", "elasticsearchservice": "es",
		"emr": "elasticmapreduce", "eventbridge": "events", "neptune": "rds", "networkfirewall": "network-firewall",
		"opensearch": "es", "redshiftserverless": "redshift-serverless", "resourcegroupstaggingapi": "tag",
		"s3control": "s3", "sesv2": "ses", "sfn": "states", "wafregional": "waf-regional",
	}
}

// exceptions are the operations whose action has another name. Deleting a part
// of a bucket's configuration mostly needs the right to put it.
func exceptions() map[string]string {
	return map[string]string{
		"detective:ListOrganizationAdminAccounts": "detective:ListOrganizationAdminAccount",

		"s3:DeleteBucketCors":                   "s3:PutBucketCORS",
		"s3:DeleteBucketEncryption":             "s3:PutEncryptionConfiguration",
		"s3:DeleteBucketLifecycle":              "s3:PutLifecycleConfiguration",
		"s3:DeleteBucketOwnershipControls":      "s3:PutBucketOwnershipControls",
		"s3:DeleteBucketReplication":            "s3:PutReplicationConfiguration",
		"s3:DeleteBucketTagging":                "s3:PutBucketTagging",
		"s3:DeletePublicAccessBlock":            "s3:PutBucketPublicAccessBlock",
		"s3:GetBucketCors":                      "s3:GetBucketCORS",
		"s3:GetBucketEncryption":                "s3:GetEncryptionConfiguration",
		"s3:GetBucketLifecycleConfiguration":    "s3:GetLifecycleConfiguration",
		"s3:GetBucketNotificationConfiguration": "s3:GetBucketNotification",
		"s3:GetBucketReplication":               "s3:GetReplicationConfiguration",
		"s3:GetObjectLockConfiguration":         "s3:GetBucketObjectLockConfiguration",
		"s3:GetPublicAccessBlock":               "s3:GetBucketPublicAccessBlock",
		"s3:HeadBucket":                         "s3:ListBucket",
		"s3:HeadObject":                         "s3:GetObject",
		"s3:ListBuckets":                        "s3:ListAllMyBuckets",
		"s3:ListObjectsV2":                      "s3:ListBucket",
		"s3:PutBucketCors":                      "s3:PutBucketCORS",
		"s3:PutBucketEncryption":                "s3:PutEncryptionConfiguration",
		"s3:PutBucketLifecycleConfiguration":    "s3:PutLifecycleConfiguration",
		"s3:PutBucketNotificationConfiguration": "s3:PutBucketNotification",
		"s3:PutBucketReplication":               "s3:PutReplicationConfiguration",
		"s3:PutObjectLockConfiguration":         "s3:PutBucketObjectLockConfiguration",
		"s3:PutPublicAccessBlock":               "s3:PutBucketPublicAccessBlock",
		"sqs:ChangeMessageVisibilityBatch":      "sqs:ChangeMessageVisibility",
		"sqs:DeleteMessageBatch":                "sqs:DeleteMessage",
		"sqs:SendMessageBatch":                  "sqs:SendMessage",
		"s3control:DeletePublicAccessBlock":     "s3:PutAccountPublicAccessBlock",
		"s3control:GetPublicAccessBlock":        "s3:GetAccountPublicAccessBlock",
		"s3control:PutPublicAccessBlock":        "s3:PutAccountPublicAccessBlock",
	}
}
