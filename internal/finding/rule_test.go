package finding_test

import (
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/finding"
)

// TestConfigRule: a finding's rule is taken where it has the form of one of Security Hub's; whatever else stands there
// is nothing, and no reason to doubt the finding.
func TestConfigRule(t *testing.T) {
	const good, short = "securityhub-s3-bucket-public-read-prohibited-1a2b3c4d", "securityhub-eip-attached-lcprsx"
	for name, tc := range map[string]struct {
		kind, rule, want string
	}{
		"one":                 {"AWS::Config::ConfigRule", good, good},
		"a short end":         {"AWS::Config::ConfigRule", short, short},
		"another type":        {"AWS::S3::Bucket", good, ""},
		"somebody's own rule": {"AWS::Config::ConfigRule", "s3-bucket-public-read-prohibited", ""},
		"two":                 {"AWS::Config::ConfigRule", good + "," + good, ""},
		"all":                 {"AWS::Config::ConfigRule", "securityhub-*-1a2b3c4d", ""},
		"an ARN":              {"AWS::Config::ConfigRule", "arn:aws:config:eu-west-1:222222222222:config-rule/" + good, ""},
		"a line more":         {"AWS::Config::ConfigRule", good + "\n", ""},
		"capitals":            {"AWS::Config::ConfigRule", strings.ToUpper(good), ""},
		"too long":            {"AWS::Config::ConfigRule", "securityhub-" + strings.Repeat("a", 120) + "-1a2b3c4d", ""},
		"nothing":             {"AWS::Config::ConfigRule", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			raw := consolidated("S3.8", "AwsS3Bucket", bucket)
			raw.ProductFields["RelatedAWSResources:0/type"] = tc.kind
			raw.ProductFields["RelatedAWSResources:0/name"] = tc.rule
			f, err := finding.Identify(raw, lists(t))
			if err != nil {
				t.Fatal(err)
			}
			if f.ConfigRule != tc.want {
				t.Errorf("rule %q, want %q", f.ConfigRule, tc.want)
			}
		})
	}
}
