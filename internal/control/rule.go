package control

import "strings"

// Copied tells whether that is what Security Hub calls its copy of the control's rule of AWS Config in an account: the
// rule's name, and an end of the account's own.
func (f Fails) Copied(name string) bool {
	end, found := strings.CutPrefix(name, "securityhub-"+f.Rule+"-")
	return f.Rule != "" && found && end != "" && !strings.Contains(end, "-")
}

// Identifier is what AWS Config knows the control's rule by, "S3_BUCKET_SSL_REQUESTS_ONLY"; "" of a rule of Security
// Hub's own, which has none.
func (f Fails) Identifier() string {
	if f.Custom || f.Rule == "" {
		return ""
	}
	if odd, is := map[string]string{ // rules that AWS has renamed since
		"cloudtrail-enabled":                      "CLOUD_TRAIL_ENABLED",
		"ec2-instance-managed-by-systems-manager": "EC2_INSTANCE_MANAGED_BY_SSM",
		"multi-region-cloudtrail-enabled":         "MULTI_REGION_CLOUD_TRAIL_ENABLED",
		"restricted-common-ports":                 "RESTRICTED_INCOMING_TRAFFIC",
		"restricted-ssh":                          "INCOMING_SSH_DISABLED",
	}[f.Rule]; is {
		return odd
	}
	return strings.ToUpper(strings.ReplaceAll(f.Rule, "-", "_"))
}
