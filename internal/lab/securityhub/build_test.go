package securityhub_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/lab/securityhub"
)

// shape is what identifies the control in a finding.
type shape struct {
	ID, Generator, Control, Title, Type, Standards, Requirements string
	Fields                                                       map[string]string
}

func shapeOf(t *testing.T, spec securityhub.FindingSpec) shape {
	t.Helper()
	f := finding(t, spec)
	got := shape{
		ID: (*f.Id)[:strings.LastIndex(*f.Id, "/")+1], Generator: *f.GeneratorId, Control: *f.Compliance.SecurityControlId,
		Title: *f.Title, Type: strings.TrimPrefix(f.Types[0], "Software and Configuration Checks/"),
		Requirements: strings.Join(f.Compliance.RelatedRequirements, ","), Fields: map[string]string{},
	}
	var standards []string
	for _, one := range f.Compliance.AssociatedStandards {
		standards = append(standards, *one.StandardsId)
	}
	got.Standards = strings.Join(standards, ",")
	for name, value := range f.ProductFields {
		if strings.HasPrefix(name, "Standards") || name == "ControlId" || name == "RuleId" {
			got.Fields[name] = value
		}
	}
	return got
}

// form is a way to ask for a finding and its shape.
type form struct {
	standard, id, control string
	consolidated          bool
	want                  shape
}

func forms() map[string]form {
	const industry = "Industry and Regulatory Standards"
	const own = "arn:aws:securityhub:us-east-1:222222222222:"
	const sub, ctl = own + "subscription/", own + "control/"
	const cis12, fsbp = "cis-aws-foundations-benchmark/v/1.2.0", "aws-foundational-security-best-practices/v/1.0.0"
	const cis5, pci, nist = "cis-aws-foundations-benchmark/v/5.0.0", "pci-dss/v/3.2.1", "nist-800-53/v/5.0.0"
	perStandard := func(slug, id string) map[string]string {
		return map[string]string{
			"ControlId": id, "StandardsArn": "arn:aws:securityhub:::standards/" + slug,
			"StandardsSubscriptionArn": sub + slug, "StandardsControlArn": ctl + slug + "/" + id,
		}
	}
	return map[string]form{
		"CIS 1.2.0 alone": {"cis-1.2.0", "2.7", "CloudTrail.2", false, shape{
			sub + cis12 + "/2.7/finding/", "arn:aws:securityhub:::ruleset/" + cis12 + "/rule/2.7", "CloudTrail.2",
			"2.7 Title", industry + "/CIS AWS Foundations Benchmark", "ruleset/" + cis12, "CIS AWS Foundations 2.7",
			map[string]string{
				"RuleId": "2.7", "StandardsGuideArn": "arn:aws:securityhub:::ruleset/" + cis12,
				"StandardsGuideSubscriptionArn": sub + cis12, "StandardsControlArn": ctl + cis12 + "/2.7",
			},
		}},
		"CIS 1.2.0 consolidated": {"cis-1.2.0", "2.7", "CloudTrail.2", true, shape{
			"arn:aws:securityhub:us-east-1:222222222222:security-control/CloudTrail.2/finding/",
			"security-control/CloudTrail.2", "CloudTrail.2", "Title", industry, "ruleset/" + cis12,
			"CIS AWS Foundations Benchmark v1.2.0/2.7",
			map[string]string{},
		}},
		"CIS 5.0.0 alone": {"cis-5.0.0", "2.1.4.2", "S3.8", false, shape{
			sub + cis5 + "/2.1.4.2/finding/", cis5 + "/2.1.4.2", "S3.8", "2.1.4.2 Title",
			industry + "/CIS AWS Foundations Benchmark", "standards/" + cis5,
			"CIS AWS Foundations Benchmark v5.0.0/2.1.4.2", perStandard(cis5, "2.1.4.2"),
		}},
		"PCI alone": {"pci-3.2.1", "PCI.S3.1", "S3.3", false, shape{
			sub + pci + "/PCI.S3.1/finding/", pci + "/PCI.S3.1", "S3.3", "PCI.S3.1 Title", industry + "/PCI-DSS",
			"standards/" + pci, "", perStandard(pci, "PCI.S3.1"),
		}},
		"FSBP alone": {"fsbp-1.0.0", "", "S3.8", false, shape{
			sub + fsbp + "/S3.8/finding/", fsbp + "/S3.8", "S3.8", "S3.8 Title",
			industry + "/AWS-Foundational-Security-Best-Practices", "standards/" + fsbp, "", perStandard(fsbp, "S3.8"),
		}},
		"NIST alone": {"nist-800-53-r5", "", "S3.8", false, shape{
			sub + nist + "/S3.8/finding/", nist + "/S3.8", "S3.8", "S3.8 Title", industry, "standards/" + nist, "",
			perStandard(nist, "S3.8"),
		}},
		"tagging is always consolidated": {"aws-resource-tagging-1.0.0", "", "S3.14", false, shape{
			"arn:aws:securityhub:us-east-1:222222222222:security-control/S3.14/finding/", "security-control/S3.14",
			"S3.14", "Title", industry, "standards/aws-resource-tagging-standard/v/1.0.0", "",
			map[string]string{},
		}},
	}
}

func TestFindingForms(t *testing.T) {
	for name, test := range forms() {
		t.Run(name, func(t *testing.T) {
			spec := newLab(t).spec(member, "logs")
			spec.Control, spec.Title, spec.Standard = test.control, "Title", test.standard
			spec.StandardControlID, spec.Consolidated = test.id, test.consolidated
			if diff := cmp.Diff(test.want, shapeOf(t, spec)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestEveryFormIsAccepted imports a finding of every standard in both modes: the builder and the service agree.
func TestEveryFormIsAccepted(t *testing.T) {
	l := newLab(t)
	ids := map[string]bool{}
	for _, key := range securityhub.Standards() {
		for _, consolidated := range []bool{true, false} {
			spec := l.spec(member, "logs")
			spec.Standard, spec.StandardControlID, spec.Consolidated = key, "1.1", consolidated
			spec.At = l.tick()
			ids[*l.put(t, spec).Id] = true
		}
	}
	// One consolidated finding for all, and one for each standard but tagging, which has no form of its own.
	if want := len(securityhub.Standards()); len(ids) != want {
		t.Errorf("%d different findings, want %d", len(ids), want)
	}
}

func TestFindingIDIsStable(t *testing.T) {
	l := newLab(t)
	spec := l.spec(member, "logs")
	id := *finding(t, spec).Id
	uid := regexp.MustCompile(`/finding/[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	if !uid.MatchString(id) {
		t.Errorf("%s does not end in a version 5 UUID", id)
	}
	spec.At, spec.Status, spec.Severity = l.tick(), "PASSED", "LOW"
	if again := *finding(t, spec).Id; again != id {
		t.Errorf("the same check became %s, was %s", again, id)
	}
	for name, change := range map[string]func(s *securityhub.FindingSpec){
		"control":  func(s *securityhub.FindingSpec) { s.Control = "S3.2" },
		"account":  func(s *securityhub.FindingSpec) { s.Account = other },
		"region":   func(s *securityhub.FindingSpec) { s.Region = "eu-west-1" },
		"resource": func(s *securityhub.FindingSpec) { s.Resource = "arn:aws:s3:::other" },
		"mode":     func(s *securityhub.FindingSpec) { s.Consolidated = false },
	} {
		changed := spec
		change(&changed)
		if *finding(t, changed).Id == id {
			t.Errorf("another %s has the same id", name)
		}
	}
}

func TestFindingSpecErrors(t *testing.T) {
	cases := map[string]struct {
		change func(s *securityhub.FindingSpec)
		field  string
	}{
		"control":       {func(s *securityhub.FindingSpec) { s.Control = "" }, "Control"},
		"account":       {func(s *securityhub.FindingSpec) { s.Account = "" }, "Account"},
		"resource type": {func(s *securityhub.FindingSpec) { s.ResourceType = "" }, "ResourceType"},
		"time":          {func(s *securityhub.FindingSpec) { *s = noTime(*s) }, "At"},
		"standard":      {func(s *securityhub.FindingSpec) { s.Standard = "cis-9" }, "cis-1.2.0"},
		"associated":    {func(s *securityhub.FindingSpec) { s.AssociatedStandards = []string{"x"} }, "AssociatedStandards"},
		"no standard":   {func(s *securityhub.FindingSpec) { s.Standard, s.Consolidated = "", false }, "Standard"},
		"no own id": {func(s *securityhub.FindingSpec) {
			s.Standard, s.Consolidated = "cis-5.0.0", false
		}, "StandardControlID"},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			spec := newLab(t).spec(member, "logs")
			test.change(&spec)
			_, err := securityhub.SDKFinding(spec)
			if err == nil || !strings.Contains(err.Error(), test.field) {
				t.Errorf("error %v, want one about %s", err, test.field)
			}
		})
	}
}

func noTime(spec securityhub.FindingSpec) securityhub.FindingSpec {
	var zero securityhub.FindingSpec
	spec.At = zero.At
	return spec
}

func TestFindingDetails(t *testing.T) {
	l := newLab(t)
	spec := l.spec(member, "logs")
	spec.Title, spec.Severity, spec.Status = "", "", ""
	spec.Region, spec.GeneratorID, spec.Requirements = "us-gov-west-1", "forged", []string{"PCI DSS v4.0.1/1.3"}
	spec.AssociatedStandards = []string{"pci-4.0.1", "fsbp-1.0.0", "pci-4.0.1"}
	got := finding(t, spec)
	have := []string{
		string(got.Severity.Label), string(got.Compliance.Status), *got.GeneratorId, *got.ProductArn,
		string(got.Resources[0].Partition), got.Compliance.RelatedRequirements[0],
		*got.Compliance.AssociatedStandards[0].StandardsId, *got.Compliance.AssociatedStandards[1].StandardsId,
	}
	want := []string{
		"MEDIUM", "FAILED", "forged", "arn:aws-us-gov:securityhub:us-gov-west-1::product/aws/securityhub", "aws-us-gov",
		"PCI DSS v4.0.1/1.3", "standards/aws-foundational-security-best-practices/v/1.0.0", "standards/pci-dss/v/4.0.1",
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Error(diff)
	}
	raw, err := securityhub.Finding(spec)
	if err != nil || !json.Valid(raw) || strings.Contains(string(raw), "null") {
		t.Errorf("Finding: %v, or its JSON has nulls: %s", err, raw)
	}
}
