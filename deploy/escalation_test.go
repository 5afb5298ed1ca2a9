package deploy_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/policy"
)

// denied tells whether the role is denied the action whatever else it is allowed, and whatever it is about.
func denied(t *testing.T, all map[string]statement, holder, action string) bool {
	t.Helper()
	for _, s := range all {
		if !s.of(holder) || s.body["Effect"] != "Deny" || s.body["Condition"] != nil {
			continue
		}
		if !slices.Contains(texts(t, s.body["Resource"]), "*") {
			continue
		}
		list, but := s.body["Action"], s.body["NotAction"]
		named := func(p string) bool { return matches(p, action) }
		if list != nil && slices.ContainsFunc(texts(t, list), named) ||
			but != nil && !slices.ContainsFunc(texts(t, but), named) {
			return true
		}
	}
	return false
}

// leaned are the published ways of which controls need every step: what binds them is the session of a run, which has
// one resource and the roles that were read of it. Nothing else may be here; docs/security.md says so.
func leaned() []string {
	return []string{
		"environment of a function", "environment of a marked function, called", "image of a build",
		"launch configuration of a group", "launch template",
		"script of a job", "steps of a state machine", "task definition of a service", "task definition that others run",
	}
}

func TestEscalationPathsAreClosed(t *testing.T) {
	all := fullMember(t).statements()
	paths, stepped := identityPaths(), map[string]bool{}
	maps.Copy(paths, codePaths())
	for name, actions := range paths {
		t.Run(name, func(t *testing.T) {
			open := !slices.ContainsFunc(actions, func(a string) bool { return denied(t, all, "RemediationRole", a) })
			if open != slices.Contains(leaned(), name) {
				t.Errorf("open: %v, of %v", open, actions)
			}
			chosen := func(a string) bool { return policy.Opened()[a] != nil }
			if open && !slices.ContainsFunc(actions, chosen) {
				t.Errorf("none of %v is in policy.Opened, which says what controls may do it", actions)
			}
			for _, a := range actions {
				stepped[a] = stepped[a] || open
			}
		})
	}
	for action := range policy.Opened() {
		if !stepped[action] {
			t.Errorf("%s chooses what code runs as which role, and no open way has it as a step", action)
		}
	}
}

// TestControlsAreNotDenied: a control whose action is denied could never work.
func TestControlsAreNotDenied(t *testing.T) {
	all := fullMember(t).statements()
	for id, s := range all {
		if s.body["Effect"] != "Allow" || s.body["Principal"] != nil || strings.HasPrefix(s.holder, familyRole) ||
			strings.HasSuffix(s.holder, "ServiceRole") {
			continue // what the roles of runbooks may do: TestRunbooksArePinned; of services: TestMemberStatements
		}
		role := "RemediationRole"
		if strings.HasPrefix(s.holder, "IdentityPermissions") {
			role = "IdentityRole"
		}
		for _, a := range texts(t, s.body["Action"]) {
			if denied(t, all, role, a) {
				t.Errorf("%s allows %s, which a denial takes back: change the control or, with care, the denial", id, a)
			}
		}
	}
}

// TestSubscribingIsPinned: the one topic that the role can subscribe to is the one that controls subscribe to.
func TestSubscribingIsPinned(t *testing.T) {
	controls, err := registry()
	if err != nil {
		t.Fatal(err)
	}
	pin := texts(t, fullMember(t).statements()["NeverSubscribeElsewhere"].body["NotResource"])
	if len(pin) != 1 {
		t.Fatalf("the role is pinned to %v", pin)
	}
	subscribing := 0
	for _, c := range controls.All() {
		if !slices.Contains(c.Actions, "sns:Subscribe") {
			continue
		}
		subscribing++
		narrow, err := c.Limits(control.Target{
			Account: "111111111111", Region: "eu-central-1", Partition: "aws", Resource: "AWS::::Account:111111111111",
		}, nil)
		topics := slices.DeleteFunc(narrow, func(arn string) bool { return !strings.HasPrefix(arn, "arn:aws:sns:") })
		if err != nil || len(topics) != 1 || !matches(pin[0], topics[0]) {
			t.Errorf("the role is pinned to %v, %s to %v (%v)", pin, c.ID, topics, err)
		}
	}
	if subscribing == 0 {
		t.Error("no control subscribes: the pin holds nothing")
	}
}

// TestKeysAreNotLent: a grant is made by a service that gets a key, and never by Salve itself.
func TestKeysAreNotLent(t *testing.T) {
	all := fullMember(t).statements()
	for via, open := range map[string]bool{"true": true, "false": false, "": false} {
		r := request{
			action: "kms:CreateGrant", resource: "arn:aws:kms:eu-west-1:111111111111:key/1",
			keys: map[string]string{"aws:ViaAWSService": via},
		}
		if got := !forbids(t, all, "RemediationRole", r); got != open {
			t.Errorf("via a service %q: open is %v", via, got)
		}
		if !forbids(t, all, "IdentityRole", r) {
			t.Errorf("via a service %q: the role for identities may", via)
		}
	}
}

// TestParametersKeepTheirValues: a parameter is made, and none is written over.
func TestParametersKeepTheirValues(t *testing.T) {
	all := fullMember(t).statements()
	for overwrite, open := range map[string]bool{"true": false, "false": true, "": true} {
		r := request{
			action: "ssm:PutParameter", resource: "arn:aws:ssm:eu-west-1:111111111111:parameter/a",
			keys: map[string]string{"ssm:Overwrite": overwrite},
		}
		if got := !forbids(t, all, "RemediationRole", r); got != open {
			t.Errorf("overwrite %q: open is %v", overwrite, got)
		}
	}
}

// TestApisKeepWhatTheyCall: an integration can call any of AWS as a role that is passed. The stages of an API and how
// the account logs can be changed, nothing else of API Gateway.
func TestApisKeepWhatTheyCall(t *testing.T) {
	all := fullMember(t).statements()
	for resource, open := range map[string]bool{
		"/account":                                              true,
		"/restapis/a1b2c3/stages/live":                          true,
		"/apis/a1b2c3/stages/$default":                          true,
		"/restapis/a1b2c3":                                      false,
		"/restapis/a1b2c3/deployments/1":                        false,
		"/restapis/a1b2c3/resources/d4/methods/GET/integration": false,
		"/apis/a1b2c3/integrations/d4":                          false,
		"/restapis/a1b2c3/authorizers/d4":                       false,
	} {
		for _, method := range []string{"PATCH", "POST", "PUT"} {
			r := request{action: "apigateway:" + method, resource: "arn:aws:apigateway:eu-west-1::" + resource}
			if got := !forbids(t, all, "RemediationRole", r); got != open {
				t.Errorf("%s of %s: open is %v", method, resource, got)
			}
			if !forbids(t, all, "IdentityRole", r) {
				t.Errorf("the role for identities may %s %s", method, resource)
			}
		}
	}
}

func TestMemberRole(t *testing.T) {
	s := fullMember(t)
	role := s.properties("RemediationRole")
	if role["RoleName"] != names.MemberRole || role["Path"] != nil {
		t.Errorf("the role is %v%v, want %s", role["Path"], role["RoleName"], names.MemberRole)
	}
	if role["MaxSessionDuration"] != 3600.0 {
		t.Errorf("sessions last %v seconds", role["MaxSessionDuration"])
	}
	for name, r := range s.resources() {
		if at(t, r, "Type") != "AWS::IAM::ManagedPolicy" {
			continue
		}
		if name == "RemediationRoleNever" { // the role itself names it, so that it never exists without
			if got := texts(t, role["ManagedPolicyArns"]); !slices.Equal(got, []string{"<" + name + ">"}) {
				t.Errorf("the role has %v, and not its denials", got)
			}
			continue
		}
		roles := texts(t, at(t, r, "Properties", "Roles"))
		want := []string{"<RemediationRole>"}
		if strings.HasPrefix(name, "IdentityPermissions") {
			want = []string{"<IdentityRole>"}
		}
		if !slices.Equal(roles, want) {
			t.Errorf("%s belongs to %v", name, roles)
		}
	}
}
