package deploy_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/names"
)

// denied tells whether the member role is denied the action whatever else it is allowed.
func denied(t *testing.T, all map[string]statement, action string) bool {
	t.Helper()
	for _, s := range all {
		if s.holder != "RemediationRole" || s.body["Effect"] != "Deny" || s.body["Condition"] != nil {
			continue
		}
		if !slices.Contains(texts(t, s.body["Resource"]), "*") {
			continue
		}
		if slices.ContainsFunc(texts(t, s.body["Action"]), func(p string) bool { return matches(p, action) }) {
			return true
		}
	}
	return false
}

func TestEscalationPathsAreClosed(t *testing.T) {
	all := fullMember(t).statements()
	paths := identityPaths()
	maps.Copy(paths, codePaths())
	for name, actions := range paths {
		t.Run(name, func(t *testing.T) {
			if !slices.ContainsFunc(actions, func(a string) bool { return denied(t, all, a) }) {
				t.Errorf("open: none of %v is denied", actions)
			}
		})
	}
}

// TestControlsAreNotDenied: a control whose action is denied could never work.
func TestControlsAreNotDenied(t *testing.T) {
	all := fullMember(t).statements()
	for id, s := range all {
		if s.body["Effect"] != "Allow" || s.body["Principal"] != nil || strings.HasPrefix(s.holder, familyRole) {
			continue // what the roles of runbooks may do: TestRunbooksArePinned
		}
		for _, a := range texts(t, s.body["Action"]) {
			if denied(t, all, a) {
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
		if !slices.Equal(roles, []string{"<RemediationRole>"}) {
			t.Errorf("%s belongs to %v", name, roles)
		}
	}
}
