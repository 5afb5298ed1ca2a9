package enable_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"

	"github.com/salve-security/salve/internal/enable"
	lab "github.com/salve-security/salve/internal/lab/organisation/organisationtest"
)

// TestOthersKeepTheDelegation: what others made in the administrator's account and works on members only while it is
// the administrator keeps the delegation, in whichever Region it is where AWS Organizations delegates. The plan says
// so, as the run does, and neither takes it. Once it is gone the delegation goes too.
func TestOthersKeepTheDelegation(t *testing.T) {
	tests := map[string]struct {
		services, service, region string // where theirs is
		kind                      string
		more                      int // besides one
	}{
		"organization rule": {
			services: every()["aggregator"], service: "config", region: other, kind: "organization rule",
		},
		"conformance packs": {
			services: every()["aggregator"], service: "config", region: home, kind: "organization conformance pack", more: 7,
		},
		"rule in a Region that the run is not about": {
			services: every()["aggregator"], service: "config", region: third, kind: "organization rule",
		},
		"automation rule": {
			services: every()["local"], service: "securityhub", region: home,
			kind: "automation rule",
		},
		"filter": {services: every()["no plans"], service: "guardduty", region: home, kind: "filter"},
		"addresses": {
			services: every()["no plans"], service: "guardduty", region: other, kind: "list of trusted addresses",
		},
		"threats": {services: every()["no plans"], service: "guardduty", region: home, kind: "threat list"},
		"export":  {services: every()["no plans"], service: "guardduty", region: home, kind: "export of findings"},
		"suppression": {
			services: every()["scans"], service: "inspector2", region: home, kind: "filter",
		},
		"scan": {services: every()["scans"], service: "inspector2", region: home, kind: "CIS scan"},
		"job":  {services: every()["macie"], service: "macie2", region: home, kind: "job"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := lab.New(0, home, other, third)
			w := wish(t, tc.services)
			run := func() *enable.Run {
				r := begin(t, o, w)
				r.Regions = []string{home, other}
				return r
			}
			only(t, run().Enable(t.Context()), enable.Done, enable.Right)
			o.World.Hold(tc.service, tc.region, lab.Administrator, tc.kind, "theirs")
			for i := range tc.more {
				o.World.Hold(tc.service, tc.region, lab.Administrator, tc.kind, fmt.Sprint("theirs-", i))
			}
			at := tc.region
			if tc.service == "config" { // which AWS Organizations delegates, in all Regions at once
				at = home
			}
			for _, rows := range [][]enable.Row{run().Withdrawal(t.Context()), run().Withdraw(t.Context())} {
				r := one(t, rows, at, "delegated administrator")
				if r.State != enable.Left || !strings.Contains(r.Detail, tc.kind+" theirs") ||
					tc.more > 0 && !strings.Contains(r.Detail, fmt.Sprintf("and %d more", tc.more-4)) {
					t.Errorf("%+v", r)
				}
			}
			rows := begin(t, o, w).Plan(t.Context())
			if r := one(t, rows, at, "delegated administrator"); r.State != enable.Right {
				t.Errorf("the delegation is gone: %+v", r)
			}
		})
	}
}

// TestAnalyzersKeepTheDelegation: the same of somebody's analyzer of the organization, and of Salve's own in a Region
// that the run is not about. One of an account needs nobody.
func TestAnalyzersKeepTheDelegation(t *testing.T) {
	w := wish(t, "  accessanalyzer: {}\n")
	for name, tc := range map[string]struct {
		regions []string
		theirs  types.Type
		left    string
	}{
		"nobody's":     {regions: []string{home, other}},
		"an account's": {regions: []string{home, other}, theirs: types.TypeAccount},
		"internal access": {
			regions: []string{home, other}, theirs: "ORGANIZATION_INTERNAL_ACCESS",
			left: "analyzer theirs in " + home,
		},
		"unused access": {
			regions: []string{home, other}, theirs: types.TypeOrganizationUnusedAccess,
			left: "analyzer theirs",
		},
		"Salve's, not this run": {regions: []string{home}, left: "analyzer salve-organization in " + other},
	} {
		t.Run(name, func(t *testing.T) {
			o := lab.New(0, home, other)
			only(t, begin(t, o, w).Enable(t.Context()), enable.Done, enable.Right)
			if tc.theirs != "" {
				analyze(t, o, "theirs", tc.theirs)
			}
			for _, withdraw := range []func(*enable.Run) []enable.Row{
				func(r *enable.Run) []enable.Row { return r.Withdrawal(t.Context()) },
				func(r *enable.Run) []enable.Row { return r.Withdraw(t.Context()) },
			} {
				run := begin(t, o, w)
				run.Regions = tc.regions
				r := one(t, withdraw(run), home, "delegated administrator")
				if (r.State == enable.Left) != (tc.left != "") || !strings.Contains(r.Detail, tc.left) {
					t.Errorf("%+v", r)
				}
			}
		})
	}
}

// TestOthersUnseen: where it cannot be seen whether others depend on it, the delegation stays.
func TestOthersUnseen(t *testing.T) {
	for call, services := range map[string]string{
		"GET /analyzer":                   "  accessanalyzer: {}\n",
		"DescribeOrganizationConfigRules": every()["aggregator"],
	} {
		t.Run(call, func(t *testing.T) {
			o := lab.New(0, home, other)
			w := wish(t, services)
			only(t, begin(t, o, w).Enable(t.Context()), enable.Done, enable.Right)
			run := begin(t, o, w)
			o.Fail(func(c lab.Call) error {
				if c.Region == other && strings.Contains(c.Name, call) {
					return lab.Says(403, "AccessDeniedException", "no")
				}
				return nil
			})
			r := one(t, run.Withdraw(t.Context()), home, "delegated administrator")
			if r.State != enable.Left || !strings.Contains(r.Detail, "cannot be seen, so it stays") {
				t.Errorf("%+v", r)
			}
		})
	}
}

// TestPoliciesAreReadOnce: what central configuration says of accounts is the same in all Regions, and asked once.
func TestPoliciesAreReadOnce(t *testing.T) {
	o := lab.New(0, home, other, third)
	w := wish(t, every()["central"])
	run := begin(t, o, w)
	only(t, run.Enable(t.Context()), enable.Done, enable.Right)
	var service enable.Service
	for _, s := range enable.Services() {
		if s.Name() == "securityhub" {
			service = s
		}
	}
	asked := func() int {
		n := 0
		for _, call := range o.Calls() {
			if strings.Contains(call, "configurationPolicyAssociation/list") {
				n++
			}
		}
		return n
	}
	seen, before := &enable.Seen{}, asked()
	first := -1
	for _, region := range run.Regions {
		all := got(service.Accounts(t.Context(), enable.Env{
			Organization: run.Organization, Wish: w, Region: region, Open: o, Seen: seen,
		}))(t)
		said := strings.Contains(fmt.Sprint(all), "policy ")
		if n := asked() - before; !said || first >= 0 && n != first || n == 0 {
			t.Errorf("%s: %d calls, %+v", region, n, all)
		} else {
			first = n
		}
	}
}
