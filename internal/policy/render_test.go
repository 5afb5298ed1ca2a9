package policy_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/policy"
)

const (
	beginDenials = "              # BEGIN GENERATED denials of RemediationRole\n"
	endDenials   = "              # END GENERATED denials of RemediationRole\n"
	ofIdentities = "              # BEGIN GENERATED denials of IdentityRole\n" +
		"              # END GENERATED denials of IdentityRole\n"
	moreDenials = "          # BEGIN GENERATED more denials of RemediationRole\n" +
		"          # END GENERATED more denials of RemediationRole\n"
	families = "  # BEGIN GENERATED roles of runbooks\n  # END GENERATED roles of runbooks\n"
	frame    = "Resources:\n" + beginDenials + endDenials + ofIdentities + moreDenials + families +
		"  # BEGIN GENERATED permissions\n%s  # END GENERATED permissions\nOutputs: {}\n"
)

func framed(inside string) []byte { return []byte(strings.Replace(frame, "%s", inside, 1)) }

// render renders for the one role there is, and takes its denials out again.
func render(template []byte, actions []string) ([]byte, error) {
	got, err := policy.Render(template, map[control.Role]policy.Rights{control.RoleRemediation: {Actions: actions}}, nil)
	text := string(got)
	for _, lines := range []string{beginDenials + endDenials, ofIdentities, moreDenials} {
		mark := strings.SplitAfter(lines, "\n")
		before, rest, _ := strings.Cut(text, mark[0])
		_, after, _ := strings.Cut(rest, mark[1])
		text = before + lines + after
	}
	return []byte(text), err
}

func TestRender(t *testing.T) {
	got, err := render(framed("  Old: {}\n"), []string{"s3:ListBucket", "s3:GetBucketAcl"})
	if err != nil {
		t.Fatal(err)
	}
	want := framed(`  Permissions1:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: !Sub "${NamePrefix}salve-remediation-1"
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
	again, err := render(got, []string{"s3:GetBucketAcl", "s3:ListBucket", "s3:ListBucket"})
	if err != nil || string(again) != string(got) {
		t.Errorf("the same actions gave another template (%v)", err)
	}
}

func TestRenderSeveral(t *testing.T) {
	got, err := render(framed(""), many("ec2", 400))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"salve-remediation-1\"\n", "salve-remediation-2\"\n", "Sid: UseEc2\n", "Sid: UseEc2Part2\n",
	} {
		if strings.Count(string(got), name) != 1 {
			t.Errorf("want %q once", name)
		}
	}
}

func TestRenderRefuses(t *testing.T) {
	one := []string{"s3:ListBucket"}
	begin, end := "  # BEGIN GENERATED permissions\n", "  # END GENERATED permissions\n"
	denials := beginDenials + endDenials + ofIdentities + moreDenials + families
	cases := map[string]struct {
		template []byte
		actions  []string
		want     string
	}{
		"no markers":     {[]byte("Resources: {}\n"), one, "once each"},
		"begin twice":    {[]byte(denials + begin + begin + end), one, "once each"},
		"end first":      {[]byte(denials + end + begin), one, "must come first"},
		"no denials":     {[]byte(begin + end), one, "denials of RemediationRole"},
		"no actions":     {framed(""), nil, "no actions"},
		"wildcard":       {framed(""), []string{"s3:*"}, "without wildcards"},
		"more than fits": {framed(""), many("ec2", 2000), "a role takes"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := render(c.template, c.actions); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

// TestRenderDenials: a role has its own, also where what stood there before was less.
func TestRenderDenials(t *testing.T) {
	template := strings.Replace(string(framed("")), beginDenials, beginDenials+"              - Sid: Old\n", 1)
	own := map[control.Role]policy.Rights{control.RoleRemediation: {Actions: []string{"s3:ListBucket"}}}
	got, err := policy.Render([]byte(template), own, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`              - Sid: NeverTouchOwnRoles
                Effect: Deny
                Action: iam:*
                Resource:
                  - !Sub arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/${NamePrefix}salve-*
`, `              # A layer is code too, and comes in by a call that is harmless otherwise.
              - Sid: NeverAddLayers
                Effect: Deny
                Action: lambda:UpdateFunctionConfiguration
                Resource: "*"
                Condition:
                  ForAnyValue:StringLike:
                    lambda:Layer: "*"
`, `                NotResource: !Sub arn:${AWS::Partition}:sns:*:${AWS::AccountId}:cis-alarms
`,
		`              - Sid: NeverTouchRunbookRoles
                Effect: Deny
                NotAction: iam:PassRole
                Resource: !Sub arn:${AWS::Partition}:iam::${AWS::AccountId}:role${RolePath}salve/*
`,
	} {
		if !strings.Contains(string(got), want) {
			t.Errorf("lacks:\n%s", want)
		}
	}
	if strings.Contains(string(got), "Sid: Old") {
		t.Error("what stood there before is still there")
	}
	if _, err := policy.RoleOf("root"); err == nil {
		t.Error("a role that no template has")
	}
	if _, err := policy.Render([]byte(template), nil, nil); err == nil {
		t.Error("a role without permissions was written")
	}
}

// TestRenderFamilies: a role for each family trusts SSM Automation in its own account, and has what its runbooks need,
// once.
func TestRenderFamilies(t *testing.T) {
	grant := policy.Grant{Actions: []string{"s3:GetObject"}, Resources: []string{"arn:${AWS::Partition}:s3:::*"}}
	own := map[control.Role]policy.Rights{control.RoleRemediation: {Actions: []string{"iam:PassRole"}}}
	got, err := policy.Render(framed(""), own,
		[]policy.Family{{Name: "closing-down", Grants: []policy.Grant{
			grant, grant,
			{
				Effect: "Deny", Actions: []string{"iam:PassRole"}, Resources: []string{"*"}, PassedTo: "ec2.amazonaws.com",
				Conditions: map[string]map[string]string{"ArnLike": {"iam:AssociatedResourceArn": "arn:*"}},
			},
		}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`  RunbooksClosingDown:
    Type: AWS::IAM::Role
    Properties:
      Path: !Sub "${RolePath}salve/automation/"
      RoleName: !Sub "${NamePrefix}salve-closing-down"
      PermissionsBoundary: !If [HasBoundary, !Ref PermissionsBoundaryArn, !Ref AWS::NoValue]
`, `            Principal: {Service: ssm.amazonaws.com}
            Action: sts:AssumeRole
            Condition:
              StringEquals:
                aws:SourceAccount: !Ref AWS::AccountId
              ArnLike:
                aws:SourceArn: !Sub arn:${AWS::Partition}:ssm:*:${AWS::AccountId}:automation-execution/*
`, `              - Sid: RunbooksClosingDown1
                Effect: Allow
                Action: s3:GetObject
                Resource: !Sub arn:${AWS::Partition}:s3:::*
                Condition:
                  StringEqualsIfExists:
                    aws:ResourceAccount: !Sub ${AWS::AccountId}
              - Sid: RunbooksClosingDown2
                Effect: Deny
                Action: iam:PassRole
                Resource: "*"
                Condition:
                  ArnLike:
                    iam:AssociatedResourceArn: arn:*
                  StringEquals:
                    iam:PassedToService: !Sub ec2.${AWS::URLSuffix}
  # END GENERATED roles of runbooks
`, `          - Sid: PassRunbookRoles
            Effect: Allow
            Action:
              - iam:PassRole
            Resource:
              - !Sub "arn:${AWS::Partition}:iam::${AWS::AccountId}:role${RolePath}salve/automation/*"
              - !Sub "arn:${AWS::Partition}:iam::${AWS::AccountId}:role${RolePath}salve/user/*"
            Condition:
              StringEquals:
                iam:PassedToService: "ssm.amazonaws.com"
`} {
		if !strings.Contains(string(got), want) {
			t.Errorf("lacks:\n%s\nin:\n%s", want, got)
		}
	}
}
