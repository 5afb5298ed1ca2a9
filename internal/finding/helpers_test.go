package finding_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/playbooks"
)

const (
	account = "444455556666"
	region  = "eu-west-1"
	uuid    = "0f4f7c1e-6a77-4e0d-8d0a-1f2e3d4c5b6a"
	bucket  = "arn:aws:s3:::logs-eu"
)

func lists(t testing.TB) *playbooks.Standards {
	t.Helper()
	standards, err := playbooks.Load()
	if err != nil {
		t.Fatal(err)
	}
	return standards
}

// consolidated is a finding as Security Hub writes it with consolidated control findings on.
func consolidated(control, resourceType, resource string) finding.Raw {
	raw := plain(control, resourceType, resource)
	raw.ID = fmt.Sprintf("arn:aws:securityhub:%s:%s:security-control/%s/finding/%s", region, account, control, uuid)
	raw.GeneratorID = "security-control/" + control
	return raw
}

// listed is a finding as Security Hub writes it with consolidated control findings off.
func listed(slug, id, control, resourceType, resource string) finding.Raw {
	raw := plain(control, resourceType, resource)
	home := "arn:aws:securityhub:" + region + ":" + account
	raw.ID = fmt.Sprintf("%s:subscription/%s/%s/finding/%s", home, slug, id, uuid)
	raw.GeneratorID = slug + "/" + id
	raw.ProductFields["StandardsControlArn"] = home + ":control/" + slug + "/" + id
	guide, rule := "Standards", "ControlId"
	standard := "arn:aws:securityhub:::standards/" + slug
	if strings.HasSuffix(slug, "/1.2.0") {
		guide, rule = "StandardsGuide", "RuleId"
		standard = "arn:aws:securityhub:::ruleset/" + slug
		raw.GeneratorID = standard + "/rule/" + id
	}
	raw.ProductFields[guide+"Arn"] = standard
	raw.ProductFields[guide+"SubscriptionArn"] = home + ":subscription/" + slug
	raw.ProductFields[rule] = id
	return raw
}

func plain(control, resourceType, resource string) finding.Raw {
	return finding.Raw{
		SchemaVersion: "2018-10-08",
		ProductArn:    "arn:aws:securityhub:" + region + "::product/aws/securityhub",
		AwsAccountID:  account, Region: region, Title: "A title", UpdatedAt: "2026-10-02T08:15:10.000Z",
		Severity:      finding.RawSeverity{Label: "HIGH"},
		Compliance:    finding.RawCompliance{Status: finding.Failed, SecurityControlID: control},
		Workflow:      finding.RawStatus{Status: finding.New},
		RecordState:   finding.Active,
		ProductFields: map[string]string{"Resources:0/Id": resource},
		Resources:     []finding.RawResource{{Type: resourceType, ID: resource, Partition: "aws", Region: region}},
	}
}

// samples are valid findings of every form.
func samples() map[string]finding.Raw {
	const cis, fsbp = "cis-aws-foundations-benchmark/v/", "aws-foundational-security-best-practices/v/1.0.0"
	user := "arn:aws:iam::" + account + ":user/eve"
	own := "AWS::::Account:" + account
	group := "arn:aws:ec2:" + region + ":" + account + ":security-group/sg-0123456789abcdef0"
	lowered := consolidated("IAM.9", "AwsAccount", own)
	lowered.ID = strings.Replace(lowered.ID, "IAM.9", "iam.9", 1)
	elsewhere := consolidated("IAM.8", "AwsIamUser", user)
	elsewhere.Resources[0].Region = "us-east-1"
	root := consolidated("IAM.7", "AwsAccount", own)
	root.ProductFields["Resources:0/Id"] = "arn:aws:iam::" + account + ":root"
	return map[string]finding.Raw{
		"consolidated":             consolidated("EC2.2", "AwsEc2SecurityGroup", group),
		"consolidated, bucket":     consolidated("S3.8", "AwsS3Bucket", bucket),
		"consolidated, lower case": lowered,
		"global, other Region":     elsewhere,
		"account as root user":     root,
		"FSBP":                     listed(fsbp, "S3.8", "S3.8", "AwsS3Bucket", bucket),
		"NIST":                     listed("nist-800-53/v/5.0.0", "EC2.2", "EC2.2", "AwsEc2SecurityGroup", group),
		"PCI 3.2.1":                listed("pci-dss/v/3.2.1", "PCI.S3.1", "S3.3", "AwsS3Bucket", bucket),
		"PCI 4.0.1":                listed("pci-dss/v/4.0.1", "S3.8", "S3.8", "AwsS3Bucket", bucket),
		"CIS 1.2.0":                listed(cis+"1.2.0", "1.3", "IAM.8", "AwsIamUser", user),
		"CIS 1.4.0":                listed(cis+"1.4.0", "2.1.5.2", "S3.8", "AwsS3Bucket", bucket),
		"CIS 3.0.0":                listed(cis+"3.0.0", "2.1.4", "S3.8", "AwsS3Bucket", bucket),
		"CIS 5.0.0, other control": listed(cis+"5.0.0", "2.1.4", "S3.1", "AwsAccount", own),
	}
}

// envelope wraps findings into an event of EventBridge.
func envelope(t testing.TB, detailType string, findings ...any) []byte {
	t.Helper()
	body, err := json.Marshal(map[string]any{
		"version": "0", "id": "6d3c9d5e", "source": "aws.securityhub", "detail-type": detailType,
		"account": "111122223333", "region": region, "time": "2026-10-02T08:15:30Z",
		"resources": []string{"arn:aws:securityhub:eu-west-1:111122223333:action/custom/SalveRemediate"},
		"detail":    map[string]any{"actionName": "Remediate", "findings": findings},
	})
	if err != nil {
		t.Fatal(err)
	}
	return body
}

const (
	importedType = "Security Hub Findings - Imported"
	actionType   = "Security Hub Findings - Custom Action"
)
