package policy_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/policy"
)

const frame = "Resources:\n  # BEGIN GENERATED permissions\n%s  # END GENERATED permissions\nOutputs: {}\n"

func framed(inside string) []byte { return []byte(strings.Replace(frame, "%s", inside, 1)) }

func TestRender(t *testing.T) {
	got, err := policy.Render(framed("  Old: {}\n"), []string{"s3:ListBucket", "s3:GetBucketAcl"})
	if err != nil {
		t.Fatal(err)
	}
	want := framed(`  Permissions1:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: salve-remediation-1
      Description: What the controls of Salve declare
      Roles: [!Ref RemediationRole]
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Sid: UseS3
            Effect: Allow
            Action:
              - s3:GetBucketAcl
              - s3:ListBucket
            Resource: "*"
            Condition:
              StringEqualsIfExists:
                aws:ResourceAccount: !Sub "${AWS::AccountId}"
`)
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	again, err := policy.Render(got, []string{"s3:GetBucketAcl", "s3:ListBucket", "s3:ListBucket"})
	if err != nil || string(again) != string(got) {
		t.Errorf("the same actions gave another template (%v)", err)
	}
}

func TestRenderSeveral(t *testing.T) {
	got, err := policy.Render(framed(""), many("ec2", 400))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"salve-remediation-1\n", "salve-remediation-2\n", "Sid: UseEc2\n", "Sid: UseEc2Part2\n",
	} {
		if strings.Count(string(got), name) != 1 {
			t.Errorf("want %q once", name)
		}
	}
}

func TestRenderRefuses(t *testing.T) {
	one := []string{"s3:ListBucket"}
	begin, end := "  # BEGIN GENERATED permissions\n", "  # END GENERATED permissions\n"
	cases := map[string]struct {
		template []byte
		actions  []string
		want     string
	}{
		"no markers":     {[]byte("Resources: {}\n"), one, "once each"},
		"begin twice":    {[]byte(begin + begin + end), one, "once each"},
		"end first":      {[]byte(end + begin), one, "must come first"},
		"no actions":     {framed(""), nil, "no actions"},
		"wildcard":       {framed(""), []string{"s3:*"}, "without wildcards"},
		"more than fits": {framed(""), many("ec2", 2000), "a role takes"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := policy.Render(c.template, c.actions); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}
