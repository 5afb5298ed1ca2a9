package rollout_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/rollout"
)

// TestStackSetRequests: what is asked of CloudFormation, to the last parameter, from the first unit over another
// template and a look for drift to the removal. No emulator has StackSets: the requests are held by a file.
func TestStackSetRequests(t *testing.T) {
	s := newSets()
	carried(t, rollout.Parts{s.units(memberTemplate)})
	for range 2 {
		if items := carried(t, rollout.Parts{s.units(memberTemplate)}); rollout.Pending(items) {
			t.Errorf("a second run did %v", lines(items))
		}
	}
	carried(t, rollout.Parts{s.units(memberTemplate + "# another\n")})
	s.drifted = "333333333333"
	items, err := s.units(memberTemplate).Drift(t.Context())
	if err != nil || len(items) != 2 || items[1].Account != "333333333333" || items[1].Action != rollout.Drifted {
		t.Errorf("drift %v, %v", items, err)
	}
	carried(t, rollout.Parts{s.units("").Leave()})
	got, path := strings.Join(s.asked, "\n")+"\n", filepath.Join("testdata", "stackset.txt")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("requests (-recorded +now):\n%s", d)
	}
}

// TestKilledStackSet: a run that dies at any call is ended by the next as an undisturbed one ends.
func TestKilledStackSet(t *testing.T) {
	for name, begun := range map[string]func() *sets{
		"first": newSets,
		"another template": func() *sets {
			s := newSets()
			carried(t, rollout.Parts{s.units("Resources: {Old: {Type: AWS::IAM::Role}}\nParameters: {}\n")})
			s.Calls = nil
			return s
		},
	} {
		for what, parts := range map[string]func(*sets) rollout.Parts{
			"deploy": func(s *sets) rollout.Parts { return rollout.Parts{s.units(memberTemplate)} },
			"remove": func(s *sets) rollout.Parts { return rollout.Parts{s.units("").Leave()} },
		} {
			quiet := begun()
			carried(t, parts(quiet))
			for at := range quiet.Calls {
				for _, lost := range []bool{false, true} {
					s := begun()
					if !strike(t, s.world, parts(s), at, lost) {
						continue
					}
					carried(t, parts(s))
					if d := cmp.Diff(quiet.stands(t), s.stands(t)); d != "" {
						t.Errorf("%s, %s: killed at call %d %s, answer lost %v (-undisturbed +killed):\n%s", name, what, at,
							quiet.Calls[at], lost, d)
					}
				}
			}
		}
	}
}

// stands is the StackSet as it tells two ends apart.
func (s *sets) stands(t *testing.T) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{"set": s.set, "instances": s.instances})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestStackSetTrust: who may not deploy to units reads what the management account does about it, and nothing is made.
func TestStackSetTrust(t *testing.T) {
	tests := map[string]struct {
		change func(*sets)
		want   string
	}{
		"no administrator": {
			func(s *sets) { s.delegated = nil },
			"register-delegated-administrator --account-id 111111111111 --service-principal " +
				"member.org.stacksets.cloudformation.amazonaws.com",
		},
		"no trusted access": {
			func(s *sets) { s.access = types.OrganizationStatusDisabled },
			"in the management account 999999999999, run aws cloudformation activate-organizations-access",
		},
		"another kind": {
			func(s *sets) { s.set = &types.StackSet{PermissionModel: types.PermissionModelsSelfManaged} },
			"manages its own permissions",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			s := newSets()
			tc.change(s)
			_, err := s.units(memberTemplate).Carry(t.Context())
			if fault.Of(err) != fault.Refused || !strings.Contains(err.Error(), tc.want) || len(s.asked) != 0 {
				t.Errorf("error %v, asked %v, want a refusal about %q", err, s.asked, tc.want)
			}
		})
	}
	s := newSets()
	u := s.units(memberTemplate)
	u.IDs = []string{"Sandbox"}
	if _, err := u.Plan(t.Context()); fault.Of(err) != fault.Invalid {
		t.Errorf("a name for a unit: %v", err)
	}
}

// TestStackSetOfTheManagementAccount: from there it is called as itself, and nothing is left out, since StackSets do
// so.
func TestStackSetOfTheManagementAccount(t *testing.T) {
	s := newSets()
	s.management, s.delegated = account, nil
	u := s.units(memberTemplate)
	u.IDs, u.All = nil, true
	carried(t, rollout.Parts{u})
	if got := strings.Join(s.asked, ""); strings.Contains(got, "DIFFERENCE") || !strings.Contains(got, "r-ab12") ||
		!strings.Contains(got, `"CallAs": "SELF"`) {
		t.Errorf("asked %s", got)
	}
}

// TestStackSetFailures: accounts in which it fails are rows, and the next run goes on with them.
func TestStackSetFailures(t *testing.T) {
	s := newSets()
	s.fails = "333333333333"
	items := carried(t, rollout.Parts{s.units(memberTemplate)})
	if last := items[len(items)-1]; last.Account != s.fails || last.Action != rollout.Failed ||
		!strings.Contains(last.Detail, "already exists") || rollout.Failures(items) != 1 {
		t.Errorf("%v", items)
	}
	planned, err := s.units(memberTemplate).Plan(t.Context())
	if err != nil || planned[0].Action != rollout.Change || !strings.Contains(planned[0].Detail, s.fails) {
		t.Errorf("the next plan: %v, %v", planned, err)
	}
	s.fails = ""
	if items = carried(t, rollout.Parts{s.units(memberTemplate)}); rollout.Failures(items) != 0 {
		t.Errorf("%v", items)
	}
	if items = carried(t, rollout.Parts{s.units(memberTemplate)}); rollout.Pending(items) {
		t.Errorf("%v", items)
	}
}
