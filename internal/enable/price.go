package enable

import "strings"

// Prices are list prices of us-east-1 as they were remembered in 2026, for orientation: what a service costs depends on
// what it looks at, which is not known before. Source: the pricing pages of the services.

// guardDutyPrice says what plans are billed by.
func guardDutyPrice(plans []string) string {
	by := map[string]string{
		"S3_DATA_EVENTS":         "S3 events $0.80 a million",
		"EKS_AUDIT_LOGS":         "EKS audit logs $1.60 a million",
		"EBS_MALWARE_PROTECTION": "malware scans $0.03 a GB",
		"RDS_LOGIN_EVENTS":       "RDS $1 a vCPU",
		"LAMBDA_NETWORK_LOGS":    "Lambda network logs $1 a GB",
		"RUNTIME_MONITORING":     "runtime $1.50 a vCPU",
	}
	parts := []string{"CloudTrail events $4 a million, flow and DNS logs $1 a GB, the first 30 days free"}
	for _, name := range plans {
		parts = append(parts, by[name])
	}
	return strings.Join(parts, "; ")
}

// inspectorPrice says what scans are billed by.
func inspectorPrice(scans []string) string {
	by := map[string]string{
		"ec2":            "$1.26 an instance and month",
		"ecr":            "$0.09 an image, $0.01 a scan again",
		"lambda":         "$0.30 a function and month",
		"lambdaCode":     "$0.60 more a function and month",
		"codeRepository": "$0.30 a month and repository scan",
	}
	parts := []string{}
	for _, name := range scans {
		parts = append(parts, name+" "+by[name])
	}
	return strings.Join(parts, "; ") + "; the first 15 days free"
}

// securityHubPrice is what checks cost.
func securityHubPrice() string {
	return "checks $0.001 each up to 100,000 an account, Region and month, less after that; the first 30 days free; " +
		"AWS Config is billed apart"
}

// maciePrice is what Macie bills in each account.
func maciePrice() string {
	return "$0.10 a bucket and month; automated discovery $0.01 for 100,000 objects and $1 a GB that it inspects; the " +
		"first 30 days free"
}

// detectivePrice is what Detective bills in each account.
func detectivePrice() string {
	return "$2 a GB of events up to 1,000 GB an account, Region and month, less after that; the first 30 days free"
}

// unusedAccessPrice is what an analyzer of unused access bills; one of external access is free.
func unusedAccessPrice() string { return "$0.20 a role or user and month, in every account" }

// recorderPrice is what AWS Config bills for a recorder; an aggregator is free.
func recorderPrice() string {
	return "$0.003 a configuration item that is recorded; S3 bills what lies in the bucket"
}
