package finding

import "strings"

// ScopeGlobal is the scope of what an account has once, whatever the Region.
const ScopeGlobal = "global"

// Scope is where a finding's work counts as the same work: findings on one resource from several Regions, or
// copied to the aggregation Region, are one piece of work if their scopes are equal.
//
// Global are the controls of Account, CloudFront, IAM, Organizations and Route 53, and S3.1, which is the
// account's own public access block. IAM.28 is not: its analyzers exist per Region. A playbook of Salve's own is where
// its resource is: users and roles are global. For everything else the scope is the Region of the resource.
// Account-wide work that still happens in one Region (a multi-Region trail, the alarms on it) has that Region as its
// scope and a lock of its own.
func Scope(f Finding) string {
	if isGlobal(f.Control) || isPrincipal(f) {
		return ScopeGlobal
	}
	return f.Resource.Region
}

// isPrincipal tells that a playbook of Salve's own is about a user, a role or another thing of IAM.
func isPrincipal(f Finding) bool {
	name, ok := parseARN(f.Resource.ID)
	return ok && name.service == "iam" && strings.HasPrefix(strings.ToLower(f.Control), "salve.")
}

func isGlobal(control string) bool {
	control = strings.ToLower(control)
	service, _, _ := strings.Cut(control, ".")
	switch service {
	case "account", "cloudfront", "organizations", "route53":
		return true
	case "iam":
		return control != "iam.28"
	default:
		return control == "s3.1"
	}
}
