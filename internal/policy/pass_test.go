package policy_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/policy"
)

// TestSessionThatPasses: a session gives away the roles it says, to the services it says, and nothing to nobody.
func TestSessionThatPasses(t *testing.T) {
	const role = "arn:aws:iam::222222222222:role/app/web"
	request := control.SessionRequest{
		Target:  control.Target{Account: account, Region: region, Partition: "aws"},
		Actions: []string{"ecs:RegisterTaskDefinition"},
		Passes:  control.Passed{Services: []string{"ecs-tasks.amazonaws.com"}, Roles: []string{role}},
	}
	got, err := policy.SessionOf(request)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ecs:RegisterTaskDefinition",` +
		`"Resource":"*","Condition":{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}},` +
		`{"Effect":"Allow","Action":"iam:PassRole","Resource":"` + role + `",` +
		`"Condition":{"StringEquals":{"iam:PassedToService":"ecs-tasks.amazonaws.com"}}}]}`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for name, c := range map[string]struct {
		passes control.Passed
		want   string
	}{
		"all roles": {
			control.Passed{Services: request.Passes.Services, Roles: []string{"arn:aws:iam::222222222222:role/*"}},
			"want that of a role",
		},
		"another account's": {
			control.Passed{Services: request.Passes.Services, Roles: []string{"arn:aws:iam::999999999999:role/a"}},
			"want that of a role",
		},
		"a user": {
			control.Passed{Services: request.Passes.Services, Roles: []string{"arn:aws:iam::222222222222:user/a"}},
			"want that of a role",
		},
		"another service": {
			control.Passed{Services: []string{"lambda.amazonaws.com"}, Roles: []string{role}}, "gets no roles",
		},
		"no service": {control.Passed{Roles: []string{role}}, "go to no service"},
	} {
		t.Run(name, func(t *testing.T) {
			r := request
			r.Passes = c.passes
			if got, err := policy.SessionOf(r); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	request.Passes.Roles = nil
	if got, err := policy.SessionOf(request); err != nil || strings.Contains(got, "PassRole") {
		t.Errorf("a session for a resource without a role: %s, %v", got, err)
	}
}

// TestMemberPasses: the role is allowed to give each service what that may get, and no other service anything.
func TestMemberPasses(t *testing.T) {
	got, err := policy.MemberStatements([]string{"ec2:CreateFlowLogs"}, "ec2.amazonaws.com", "vpc-flow-logs.amazonaws.com")
	if err != nil {
		t.Fatal(err)
	}
	pass := func(sid, path, service string) policy.Statement {
		return policy.Statement{
			Sid: sid, Effect: "Allow", Action: policy.Texts{"iam:PassRole"},
			Resource:  policy.Texts{"arn:${AWS::Partition}:iam::${AWS::AccountId}:role" + path},
			Condition: map[string]map[string]string{"StringEquals": {"iam:PassedToService": service}},
		}
	}
	want := []policy.Statement{
		pass("PassEc2AmazonawsCom", "/*", "ec2.${AWS::URLSuffix}"),
		pass("PassVpcFlowLogsAmazonawsCom", "${RolePath}salve/service/*", "vpc-flow-logs.amazonaws.com"),
	}
	if diff := cmp.Diff(want, got[1:]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := policy.MemberStatements([]string{"ec2:CreateFlowLogs"}, "lambda.amazonaws.com"); err == nil {
		t.Error("roles go to functions")
	}
}
