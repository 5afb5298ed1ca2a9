package finding_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/policy"
)

func TestIdentifySamples(t *testing.T) {
	standards := lists(t)
	for name, raw := range samples() {
		t.Run(name, func(t *testing.T) {
			f, err := finding.Identify(raw, standards)
			if err != nil {
				t.Fatal(err)
			}
			if f.Control != raw.Compliance.SecurityControlID || f.Account != account || f.Resource.ID != raw.Resources[0].ID {
				t.Errorf("got %+v", f)
			}
			if f.Consolidated != (f.Standard == "") {
				t.Errorf("consolidated %v, standard %q", f.Consolidated, f.Standard)
			}
		})
	}
}

func TestIdentifyNormalises(t *testing.T) {
	raw := samples()["PCI 3.2.1"]
	raw.Compliance.SecurityControlID = "s3.3"
	raw.ProductName, raw.CreatedAt = "Security Hub", "2026-09-01T08:00:00.000Z"
	raw.FirstSeen = "yesterday" // nothing is decided by it
	raw.Compliance.AssociatedStandards = []finding.RawStandard{
		{StandardsID: "standards/pci-dss/v/3.2.1"},
		{StandardsID: "ruleset/cis-aws-foundations-benchmark/v/1.2.0"},
		{StandardsID: "standards/somebody-elses/v/1.0.0"},
	}
	event := finding.Event{ID: "e-1", Account: "111122223333", Region: "us-east-1"}
	got, err := event.Identify(raw, lists(t))
	if err != nil {
		t.Fatal(err)
	}
	want := finding.Finding{
		API: finding.ASFF, ID: raw.ID, ProductArn: raw.ProductArn, Product: "Security Hub", Source: finding.FromControl,
		FirstSeen: time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC),
		Account:   account, Region: region, Partition: "aws", Control: "S3.3",
		Standard: "pci-3.2.1", Standards: []string{"cis-1.2.0", "pci-3.2.1"}, Title: "A title", Severity: "HIGH",
		Compliance: "FAILED", Workflow: "NEW", RecordState: "ACTIVE",
		Resource:  finding.Resource{ID: bucket, Type: "AwsS3Bucket", Region: region, Partition: "aws"},
		UpdatedAt: time.Date(2026, 10, 2, 8, 15, 10, 0, time.UTC),
		EventID:   "e-1", HubAccount: "111122223333", HubRegion: "us-east-1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	event.Region = "cn-north-1"
	wantReason(t, second(event.Identify(raw, lists(t))), finding.ForgedPartition, "region")
	raw.Region = ""
	wantReason(t, second(event.Identify(raw, lists(t))), finding.ForgedShape, "Region")
}

func second(_ finding.Finding, err error) error { return err }

func wantReason(t *testing.T, err error, reason finding.Reason, field string) {
	t.Helper()
	var identity *finding.Identity
	if !errors.As(err, &identity) {
		t.Fatalf("got %v, want an Identity", err)
	}
	if identity.Reason != reason || identity.Field != field {
		t.Errorf("got %s of %s, want %s of %s: %v", identity.Reason, identity.Field, reason, field, err)
	}
}

func TestIdentifyRefuses(t *testing.T) {
	standards := lists(t)
	// By TestCheckResource and TestFrom.
	covered := map[finding.Reason]bool{finding.WrongResource: true, finding.ForeignHub: true}
	for name, test := range refusals() {
		covered[test.reason] = true
		t.Run(name, func(t *testing.T) {
			raw, ok := samples()[test.sample]
			if !ok {
				t.Fatalf("no sample %q", test.sample)
			}
			test.change(&raw)
			wantReason(t, second(finding.Identify(raw, standards)), test.reason, test.field)
		})
	}
	for _, reason := range finding.Reasons() {
		if !covered[reason] {
			t.Errorf("no case for %s", reason)
		}
	}
}

func TestReasonsHostile(t *testing.T) {
	for _, reason := range append(finding.Reasons(), "a new one, forged_by_default") {
		want := strings.Contains(string(reason), "forged_")
		if reason.Hostile() != want {
			t.Errorf("%s: hostile is %v", reason, !want)
		}
	}
}

func TestIdentityErrorIsSafeToShow(t *testing.T) {
	raw := samples()["FSBP"]
	raw.ID = "\x1b[31m\u202e" + strings.Repeat("x", 1000)
	message := second(finding.Identify(raw, lists(t))).Error()
	if strings.ContainsAny(message, "\x1b\u202e\n") || len(message) > 400 {
		t.Errorf("got %q", message)
	}
}

func TestCheckResource(t *testing.T) {
	f := finding.Finding{Resource: finding.Resource{ID: bucket, Type: "AwsS3Bucket"}}
	pattern := regexp.MustCompile(`arn:aws[a-z-]*:s3:::[a-z0-9.-]{3,63}`)
	types := []string{"AwsAccount", "AwsS3Bucket"}
	if err := finding.CheckResource(f, types, pattern); err != nil {
		t.Error(err)
	}
	if err := finding.CheckResource(f, nil, nil); err != nil {
		t.Error(err)
	}
	other := []string{"AwsAccount", "Other"}
	wantReason(t, finding.CheckResource(f, other, nil), finding.WrongResource, "Resources[0].Type")
	for _, id := range []string{bucket + "/object", "x" + bucket, "sg-1"} {
		f.Resource.ID = id
		wantReason(t, finding.CheckResource(f, types, pattern), finding.WrongResource, "Resources[0].Id")
	}
}

func TestScope(t *testing.T) {
	for control, want := range map[string]string{
		"IAM.8": "global", "CloudFront.1": "global", "Route53.2": "global", "Account.1": "global", "S3.1": "global",
		"IAM.28": region, "S3.8": region, "EC2.7": region, "CloudTrail.1": region,
	} {
		f := finding.Finding{Control: control, Region: "us-east-1", Resource: finding.Resource{Region: region}}
		if got := finding.Scope(f); got != want {
			t.Errorf("%s: got %s, want %s", control, got, want)
		}
	}
}

// TestScopeOfOwnPlaybooks: no list of controls says where they work, their resource does.
func TestScopeOfOwnPlaybooks(t *testing.T) {
	for resource, want := range map[string]string{
		"arn:aws:iam::222222222222:user/eve": "global", "arn:aws-cn:iam::222222222222:role/app/eve": "global",
		"arn:aws:s3:::logs": region, "arn:aws:ec2:eu-west-1:222222222222:instance/i-1": region, "i-1": region,
	} {
		f := finding.Finding{Control: "Salve.DoThis", Resource: finding.Resource{ID: resource, Region: region}}
		if got := finding.Scope(f); got != want {
			t.Errorf("%s: got %s, want %s", resource, got, want)
		}
	}
}

func TestOtherPartitions(t *testing.T) {
	for place, partition := range map[string]string{
		"cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov", "us-iso-east-1": "aws-iso", "us-isob-east-1": "aws-iso-b",
		"us-isof-south-1": "aws-iso-f", "eu-isoe-west-1": "aws-iso-e", "eusc-de-east-1": "aws-eusc",
	} {
		raw := samples()["consolidated"]
		move := func(text *string) {
			*text = strings.NewReplacer("arn:aws:", "arn:"+partition+":", region, place).Replace(*text)
		}
		for _, text := range []*string{&raw.ID, &raw.ProductArn, &raw.Region} {
			move(text)
		}
		move(&raw.Resources[0].ID)
		move(&raw.Resources[0].Region)
		raw.Resources[0].Partition = partition
		raw.ProductFields = nil
		f, err := finding.Identify(raw, lists(t))
		if err != nil || f.Partition != partition {
			t.Errorf("%s: partition %q, %v", place, f.Partition, err)
		}
		// A finding that is believed is of no use where no session can be opened.
		_, err = policy.Session([]string{"s3:GetBucketAcl"}, []string{f.Resource.ID}, f.Account, f.Region)
		if err != nil {
			t.Error(err)
		}
	}
}
