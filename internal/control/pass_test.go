package control_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
)

type lent struct{ Role string }

// lending is a control that gives away the role it has read.
func lending(edit func(*control.Of[lent])) control.Of[lent] {
	of := control.Of[lent]{
		Info:  bucketInfo("Bucket.1"),
		Read:  func(context.Context, control.Env) (lent, error) { return lent{"old"}, nil },
		Want:  func(lent, control.Env) (lent, error) { return lent{"new"}, nil },
		Write: func(context.Context, control.Env, lent, lent) error { return nil },
		Passed: func(env control.Env, from, to lent) []string {
			return []string{"arn:aws:iam::1:role/" + from.Role + to.Role}
		},
	}
	of.Passes = []string{"ecs-tasks.amazonaws.com"}
	edit(&of)
	return of
}

// TestPassesAreDeclared: both halves or none, to services that may get roles, and by nobody who decides about rights.
func TestPassesAreDeclared(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(*control.Of[lent])
		want string
	}{
		"as it should be":    {func(*control.Of[lent]) {}, ""},
		"nothing says which": {func(o *control.Of[lent]) { o.Passed = nil }, "both Passes and Passed"},
		"nothing says whom":  {func(o *control.Of[lent]) { o.Passes = nil }, "both Passes and Passed"},
		"a function": {
			func(o *control.Of[lent]) { o.Passes = []string{"lambda.amazonaws.com"} }, "none of Recipients",
		},
		"identities": {func(o *control.Of[lent]) { o.Role = control.RoleIdentity }, "gives no role away"},
		"the right by itself": {
			func(o *control.Of[lent]) { o.Actions = append(o.Actions, "iam:PassRole") }, "follows from Passes",
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := control.NewRegistry(nil, lending(c.edit).Control())
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Fatalf("got %v, want %q", err, c.want)
			}
			if err == nil {
				if d := cmp.Diff([]string{"ecs-tasks.amazonaws.com"}, r.Passes(control.RoleRemediation)); d != "" {
					t.Error(d)
				}
			}
		})
	}
}

// TestOwnRole: the role of the stack, one that a person names in its place, and none where a service has none.
func TestOwnRole(t *testing.T) {
	at := control.Target{Account: "111111111111", Partition: "aws-cn"}
	const own = "arn:aws-cn:iam::111111111111:role/salve/service/"
	for want, got := range map[string]string{
		own + "salve-flow-logs": control.OwnRole(at, "vpc-flow-logs.amazonaws.com", ""),
		own + "theirs":          control.OwnRole(at, "vpc-flow-logs.amazonaws.com", "theirs"),
		"":                      control.OwnRole(at, "ecs-tasks.amazonaws.com", ""),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	ec2, _ := control.RecipientOf("ec2.amazonaws.com")
	if ec2.Principal("aws-cn") != "ec2.amazonaws.com.cn" || ec2.Principal("aws") != "ec2.amazonaws.com" {
		t.Errorf("EC2 is called %s", ec2.Principal("aws-cn"))
	}
}

// TestIdentitiesAreForPeople: what a role of identities writes, everybody reads as before; the rest is that role's
// alone.
func TestIdentitiesAreForPeople(t *testing.T) {
	info := bucketInfo("Bucket.1")
	info.Role, info.UndoActions = control.RoleIdentity, []string{"bucket:Undo"}
	info.Actions = []string{"bucket:GetItem", "bucket:PutItem"}
	r, err := control.NewRegistry(nil, control.Of[lent]{
		Info: info, Read: lending(func(*control.Of[lent]) {}).Read, Want: lending(func(*control.Of[lent]) {}).Want,
		Write: lending(func(*control.Of[lent]) {}).Write,
	}.Control())
	if err != nil {
		t.Fatal(err)
	}
	c, _ := r.Get("Bucket.1")
	if !c.Identities || !c.Apart() {
		t.Errorf("it is for people %v, apart %v", c.Identities, c.Apart())
	}
	for role, want := range map[control.Role][]string{
		control.RoleRemediation: {"bucket:GetItem"},
		control.RoleIdentity:    {"bucket:GetItem", "bucket:PutItem", "bucket:Undo"},
	} {
		if d := cmp.Diff(want, r.Actions(role)); d != "" {
			t.Errorf("%s (-want +got):\n%s", role, d)
		}
	}
}
