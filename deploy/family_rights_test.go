package deploy_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/policy"
)

// mayDo are the actions that the role of a family is allowed, and of those that decide who may do what the ones that
// can only ever take rights away.
func mayDo(t *testing.T, all map[string]statement, role string) (actions, taking []string) {
	t.Helper()
	const denyAll = "arn:aws:iam::aws:policy/AWSDenyAll"
	for _, s := range all {
		if s.holder != role || s.body["Principal"] != nil || s.body["Effect"] != "Allow" {
			continue
		}
		actions = append(actions, texts(t, s.body["Action"])...)
		condition, _ := s.body["Condition"].(map[string]any)
		if pin, _ := condition["ArnEquals"].(map[string]any); pin["iam:PolicyARN"] == denyAll {
			taking = append(taking, texts(t, s.body["Action"])...)
		}
	}
	slices.Sort(actions)
	return slices.Compact(actions), taking
}

// TestFamiliesThatDecideRights: what such a family runs is started by people alone, can take rights and give none, and
// is denied all else, Salve's own roles and those of AWS among it. To let one do more, say here why it cannot escalate.
func TestFamiliesThatDecideRights(t *testing.T) {
	member := fullMember(t)
	all, deciding := member.statements(), map[string]bool{}
	for role := range member.resources() {
		if !strings.HasPrefix(role, familyRole) {
			continue
		}
		actions, taking := mayDo(t, all, role)
		decides := slices.ContainsFunc(actions, policy.ChangesIdentities)
		deciding[strings.ToLower(strings.TrimPrefix(role, familyRole))] = decides
		if !decides {
			continue
		}
		for _, action := range actions {
			if policy.ChangesIdentities(action) && !slices.Contains(taking, action) {
				t.Errorf("%s may do %s with whatever policy", role, action)
			}
		}
		if but := texts(t, all[role+"NeverElse"].body["NotAction"]); !slices.Equal(but, actions) {
			t.Errorf("%s is denied all but %q, and allowed %q", role, but, actions)
		}
		escalates(t, role, func(action string) bool {
			return slices.Contains(actions, action) && !slices.Contains(taking, action)
		})
		kept(t, role, texts(t, all[role+"NeverTouchOthers"].body["Resource"]))
	}
	if len(deciding) == 0 || !deciding["principals"] {
		t.Errorf("no family decides who may do what: %v", deciding)
	}
	declared(t, deciding)
}

// escalates tries the published ways to all rights.
func escalates(t *testing.T, role string, may func(string) bool) {
	t.Helper()
	paths := identityPaths()
	maps.Copy(paths, codePaths())
	for name, actions := range paths {
		if !slices.ContainsFunc(actions, func(action string) bool { return !may(action) }) {
			t.Errorf("%s: %s is open: it may do all of %q", role, name, actions)
		}
	}
}

// TestOwnRolesAreNamed: the templates make the roles that are known by name, and others only below the paths that are
// known: what is neither is in reach of Salve.ContainPrincipal.
func TestOwnRolesAreNamed(t *testing.T) {
	var named []string
	for _, s := range []stack{fullHub(t), fullMember(t), ofManagement(t, nil)} {
		for id, r := range s.resources() {
			one, _ := r.(map[string]any)
			properties, _ := one["Properties"].(map[string]any)
			if one["Type"] != "AWS::IAM::Role" {
				continue
			}
			name, _ := properties["RoleName"].(string)
			switch path, _ := properties["Path"].(string); {
			case path == "" && name != "":
				named = append(named, name)
			case !slices.Contains(names.OwnPaths(), path):
				t.Errorf("%s is the role %s%s", id, path, name)
			}
		}
	}
	slices.Sort(named)
	if d := cmp.Diff(names.OwnRoles(), named); d != "" {
		t.Errorf("(-known +made):\n%s", d)
	}
}

// TestOwnPoliciesAreNamed: those of the hub are known by name, so that a removal can ask who has them.
func TestOwnPoliciesAreNamed(t *testing.T) {
	var named []string
	for _, r := range fullHub(t).resources() {
		one, _ := r.(map[string]any)
		properties, _ := one["Properties"].(map[string]any)
		if name, _ := properties["ManagedPolicyName"].(string); one["Type"] == "AWS::IAM::ManagedPolicy" {
			named = append(named, name)
		}
	}
	slices.Sort(named)
	if d := cmp.Diff(names.OwnPolicies(), named); d != "" {
		t.Errorf("(-known +made):\n%s", d)
	}
}

// kept expects that nobody of Salve's or of AWS's can be touched, the role itself among them, and that a role whose
// name only looks like theirs can.
func kept(t *testing.T, role string, patterns []string) {
	t.Helper()
	for _, name := range []string{
		"salve-remediation", "salve-orchestrator", "salve-operator", "salve/automation/salve-principals",
		"salve/automation/salve-closing", "aws-service-role/guardduty.amazonaws.com/AWSServiceRoleForAmazonGuardDuty",
		"aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admins_0123456789abcdef",
	} {
		arn := "arn:aws:iam::111111111111:role/" + name
		if !slices.ContainsFunc(patterns, func(p string) bool { return matches(p, arn) }) {
			t.Errorf("%s may touch %s", role, arn)
		}
	}
	for _, name := range []string{"salve-evil", "salve-operator-2", "salve/user/closer"} {
		arn := "arn:aws:iam::111111111111:role/" + name
		if slices.ContainsFunc(patterns, func(p string) bool { return matches(p, arn) }) {
			t.Errorf("%s cannot touch %s", role, arn)
		}
	}
}

// declared expects controls to know what their family may do.
func declared(t *testing.T, deciding map[string]bool) {
	t.Helper()
	controls, err := registry()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range controls.All() {
		if c.Identities != (deciding[c.Family] || c.Role == control.RoleIdentity) {
			t.Errorf("%s: its family %q decides who may do what: %v, it says %v", c.ID, c.Family, deciding[c.Family],
				c.Identities)
		}
	}
}
