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
		if s.holder != holder || s.body["Effect"] != "Deny" || s.body["Condition"] != nil {
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
	return []string{"launch configuration of a group", "launch template"}
}

func TestEscalationPathsAreClosed(t *testing.T) {
	all := fullMember(t).statements()
	paths := identityPaths()
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
		})
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
