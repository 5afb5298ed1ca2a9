package playbooks_test

// givenToApps are those of what applications are put together from: topics, secrets, workflows, names.
func givenToApps() map[string]map[string]string {
	return map[string]map[string]string{
		"AwsSnsTopic": {
			"arn:PART:sns:HERE:a": "a", "arn:PART:sns:HERE:Jobs_1-x.fifo": "Jobs_1-x.fifo",
			"arn:PART:sns:HERE:" + long(256): long(256),
		},
		"AwsSecretsManagerSecret": {
			"arn:PART:secretsmanager:HERE:secret:a-a1B2c3":                 "a-a1B2c3",
			"arn:PART:secretsmanager:HERE:secret:app/db_+=.@-x-AbCdEf":     "app/db_+=.@-x-AbCdEf",
			"arn:PART:secretsmanager:HERE:secret:rds!db-1a2b-3c-a1B2c3":    "rds!db-1a2b-3c-a1B2c3", // a service's own
			"arn:PART:secretsmanager:HERE:secret:" + long(400) + "-a1B2c3": long(400) + "-a1B2c3",   // longer ones as of groups
		},
		"AwsStepFunctionStateMachine": {
			"arn:PART:states:HERE:stateMachine:a": "a", "arn:PART:states:HERE:stateMachine:Orders_1-x@b": "Orders_1-x@b",
			"arn:PART:states:HERE:stateMachine:" + long(80): long(80),
		},
		"AwsTransferServer": {"arn:PART:transfer:HERE:server/s-0123456789abcdef0": "s-0123456789abcdef0"},
		"AwsRoute53HostedZone": {
			"arn:PART:route53:::hostedzone/Z1PA6795UKMFR9":        "Z1PA6795UKMFR9",
			"arn:PART:route53:::hostedzone/Z0123456789ABCDEFGHIJ": "Z0123456789ABCDEFGHIJ",
		},
	}
}
