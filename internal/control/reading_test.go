package control_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
)

func TestReads(t *testing.T) {
	info := control.Info{
		Actions: []string{
			"s3:GetBucketTagging", "s3:PutBucketTagging", "iam:GenerateCredentialReport", "iam:GetCredentialReport",
			"kms:GenerateDataKey", "ec2:DescribeVpcs", "cloudtrail:LookupEvents", "iam:UpdateAccessKey",
			"iam:SimulatePrincipalPolicy",
		},
		UndoActions: []string{"s3:GetBucketAcl"},
	}
	want := []string{
		"s3:GetBucketTagging", "iam:GenerateCredentialReport", "iam:GetCredentialReport", "ec2:DescribeVpcs",
		"cloudtrail:LookupEvents", "iam:SimulatePrincipalPolicy",
	}
	if d := cmp.Diff(want, info.Reads()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if !control.Reading("HeadBucket") || control.Reading("Getaway:PutOut") {
		t.Error("an operation is judged by its own name, with or without a service")
	}
}
