package lab

import "strings"

// onMinistack lists the services, by signing name, that ministack serves; everything else is moto's.
// The split reached 227 of 263 controls when both emulators were measured. KMS must stay with moto: RDS.4.
func onMinistack(service string) bool {
	switch service {
	case "sts", "iam", "lambda", "events", "sqs", "sns", "dynamodb", "logs", "monitoring", "cloudformation",
		"scheduler", "athena", "ecs", "codebuild", "elasticfilesystem", "elasticmapreduce", "glue", "apigateway",
		"ssm", "backup", "elasticache", "cloudfront":
		return true
	}
	return false
}

// These start the names of buckets that hold code and templates for stacks, the lab's own and those that salve deploy
// makes: ministack reads them itself.
const (
	artifactPrefix = "lab-artifacts"
	deployPrefix   = "salve-artifacts-"
)

// servedByMinistack decides for one request. An unsigned one goes there too, to be refused in AWS's words.
func (c *call) servedByMinistack() bool {
	if c.service == "s3" {
		bucket := strings.TrimPrefix(c.path, "/")
		return strings.HasPrefix(bucket, artifactPrefix) || strings.HasPrefix(bucket, deployPrefix)
	}
	return c.service == "" || onMinistack(c.service) && !c.ofDocuments() && !c.ofAutomation()
}

// ofDocuments tells calls about SSM documents, which moto keeps, from those about parameters.
func (c *call) ofDocuments() bool {
	return c.service == "ssm" && strings.Contains(c.operation, "Document")
}

// ofAutomation tells calls that the lab's own executor answers.
func (c *call) ofAutomation() bool {
	return c.service == "ssm" && strings.Contains(c.operation, "Automation")
}

// shadowed tells whether a successful write is replayed to moto: names of roles, log groups and functions
// are chosen by the client, so ARNs agree in both and moto's services can resolve them.
func (c *call) shadowed() bool {
	switch c.service {
	case "iam", "logs", "lambda":
		return isWrite(c.operation) && c.operation != "PutLogEvents" && !strings.HasPrefix(c.operation, "Invoke")
	}
	return false
}

// isWrite tells whether an operation changes anything, judged by its name as AWS names operations.
func isWrite(operation string) bool {
	if operation == "" {
		return false
	}
	for _, verb := range []string{
		"Get", "List", "Describe", "Head", "Lookup", "Search", "BatchGet", "Query", "Scan", "Select", "Simulate",
		"Test", "Validate", "Filter", "Receive", "AssumeRole", "Decode", "Decrypt", "Encrypt", "GenerateDataKey",
		"Check", "Preview", "Estimate", "TransactGet", "View", "Verify",
	} {
		if strings.HasPrefix(operation, verb) {
			return false
		}
	}
	return true
}
