package enable_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/enable"
	lab "github.com/salve-security/salve/internal/lab/organisation/organisationtest"
)

// stranger is an account of no organization.
const stranger = "555555555555"

// every is a document with each service, each way in which they can be wanted.
func every() map[string]string {
	return map[string]string{
		"central":          "  securityhub: {standards: [fsbp-1.0.0, cis-3.0.0]}\n",
		"local":            "  securityhub: {configuration: local, standards: [fsbp-1.0.0]}\n",
		"plans":            "  guardduty: {plans: [S3_DATA_EVENTS, RDS_LOGIN_EVENTS]}\n",
		"no plans":         "  guardduty: {}\n",
		"scans":            "  inspector: {scans: [ec2, lambdaCode]}\n",
		"outside":          "  guardduty: {}\noutside: [{account: \"" + lab.Outside + "\", email: root@example.org}]\n",
		"outside, central": "  securityhub: {}\noutside: [{account: \"" + lab.Outside + "\", email: root@example.org}]\n",
		"macie":            "  macie: {}\n",
		"detective":        "  detective: {}\n",
		"analyzers":        "  accessanalyzer: {unused: true}\n",
		"aggregator":       "  config: {}\n",
		"recorders":        "  config: {recorders: true, bucket: amzn-s3-demo-bucket}\n",
	}
}

// TestEnable goes from nothing to all of it: a plan that writes nothing, a run, and a second that has nothing to do.
func TestEnable(t *testing.T) {
	for name, services := range every() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := lab.New(3, home, other, third)
			w := wish(t, services)
			before := o.Places()
			only(t, begin(t, o, w).Plan(t.Context()), enable.Missing, enable.Later)
			if diff := cmp.Diff(before, o.Places()); diff != "" {
				t.Errorf("the plan wrote: %s", diff)
			}
			only(t, begin(t, o, w).Enable(t.Context()), enable.Done, enable.Right)
			after := o.Places()
			o.Strike(nil)
			only(t, begin(t, o, w).Enable(t.Context()), enable.Right)
			if diff := cmp.Diff(after, o.Places()); diff != "" {
				t.Errorf("the second run changed something: %s", diff)
			}
		})
	}
}

// TestKilledAtEachCall cuts a run at each of its calls, before AWS hears of it and, where that changes something,
// after. The next run ends as one that nobody disturbed.
func TestKilledAtEachCall(t *testing.T) {
	for name, services := range every() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, regions := wish(t, services), []string{home, other}
			if name == "recorders" {
				regions = regions[:1] // it asks every account, and another Region asks the same
			}
			undisturbed := lab.New(1, regions...)
			last, wrote := fmt.Sprint(undisturbed.Places()), map[int]bool{}
			undisturbed.Strike(func(n int, after bool) bool {
				if after {
					now := fmt.Sprint(undisturbed.Places())
					wrote[n], last = now != last, now
				}
				return false
			})
			only(t, begin(t, undisturbed, w).Enable(t.Context()), enable.Done, enable.Right)
			want := undisturbed.Places()
			for n := range wrote {
				killed(t, w, n, false, want, regions)
				if wrote[n] {
					killed(t, w, n, true, want, regions)
				}
			}
			t.Logf("%d calls", len(wrote))
		})
	}
}

// killed cuts a run from its nth call on and compares what the next one makes of it.
func killed(t *testing.T, w enable.Wish, n int, after bool, want map[string]any, regions []string) {
	t.Helper()
	o := lab.New(1, regions...)
	run := begin(t, o, w)
	o.Strike(func(at int, done bool) bool { return at > n || at == n && done == after })
	run.Enable(t.Context())
	o.Strike(nil)
	only(t, begin(t, o, w).Enable(t.Context()), enable.Done, enable.Right)
	if diff := cmp.Diff(want, o.Places()); diff != "" {
		t.Errorf("cut at call %d, answered %v: %s", n, after, diff)
	}
}

// TestFirstRegionAlone: the others begin when the home Region is done.
func TestFirstRegionAlone(t *testing.T) {
	o := lab.New(5, other, home, third)
	run := begin(t, o, wish(t, "  guardduty: {}\n"))
	var order []string
	run.Report = func(r enable.Row) { order = append(order, r.Region) }
	only(t, run.Enable(t.Context()), enable.Done, enable.Right)
	for i, region := range order[:5] {
		if region != home {
			t.Errorf("row %d is of %s: %s", i, region, strings.Join(order, " "))
		}
	}
}

// TestAnotherAdministrator: nobody is replaced, and the sentence names who it is.
func TestAnotherAdministrator(t *testing.T) {
	for name, services := range every() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := lab.New(0, home)
			theirs := wish(t, services)
			theirs.Administrator = lab.Two
			only(t, begin(t, o, theirs).Enable(t.Context()), enable.Done, enable.Right)
			before := o.Places()
			rows := begin(t, o, wish(t, services)).Enable(t.Context())
			at := 0
			for rows[at].State == enable.Right && rows[at].Step == "trusted access" {
				at++
			}
			if rows[at].State != enable.Blocked || !strings.Contains(rows[at].Detail, lab.Two) {
				t.Errorf("%+v", rows[at])
			}
			only(t, rows[at+1:], enable.Untried)
			if diff := cmp.Diff(before, o.Places()); diff != "" {
				t.Errorf("something was changed: %s", diff)
			}
		})
	}
}

// TestPolicyDecides: where a policy of AWS Organizations switches the service on, Salve names the administrator and
// leaves the rest.
func TestPolicyDecides(t *testing.T) {
	for kind, services := range map[string]string{
		"GUARDDUTY_POLICY": every()["plans"], "INSPECTOR_POLICY": every()["scans"],
		"SECURITYHUB_CSPM_POLICY": every()["central"],
	} {
		o := lab.New(0, home)
		o.World.Decide(kind, "ours")
		rows := begin(t, o, wish(t, services)).Enable(t.Context())
		only(t, rows, enable.Done, enable.Right, enable.Left)
		left := 0
		for _, r := range rows {
			if r.State == enable.Left {
				left++
				if !strings.Contains(r.Detail, kind) {
					t.Errorf("%+v", r)
				}
			}
		}
		if left < 2 {
			t.Errorf("%s: %d steps are left", kind, left)
		}
	}
}

// TestStopped: whoever stops a run gets a row for each step, and the next run finishes.
func TestStopped(t *testing.T) {
	o := lab.New(0, home, other)
	w := wish(t, every()["plans"])
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	run := begin(t, o, w)
	run.Report = func(r enable.Row) {
		if r.State == enable.Done {
			cancel()
		}
	}
	rows := run.Enable(ctx)
	only(t, rows[:1], enable.Done)
	only(t, rows[1:], enable.Untried)
	only(t, begin(t, o, w).Enable(t.Context()), enable.Done, enable.Right)
}

// TestSomeAccounts: an account that a service does not take is a row, and the others are taken. Nobody waits for it.
func TestSomeAccounts(t *testing.T) {
	for name, want := range map[string]string{
		"plans": "4 of 5 enrolled", "scans": "4 of 5 enrolled", "local": "4 of 5 enrolled", "macie": "4 of 5 enrolled",
		"detective": "4 of 5 enrolled", "recorders": "on in 5 of 6",
	} {
		t.Run(name, func(t *testing.T) {
			o := lab.New(0, home)
			o.Shut(stranger)
			run := begin(t, o, wish(t, every()[name]))
			run.Organization.Accounts = append(run.Organization.Accounts, enable.Account{ID: stranger})
			rows := run.Enable(t.Context())
			if said := about(rows, enable.SomeAccounts); !strings.HasPrefix(said, "failed: 1 account not taken") {
				t.Errorf("%s: %+v", said, rows)
			}
			if said := about(rows, stranger); !strings.HasPrefix(said, "failed: ") || len(said) < 20 {
				t.Errorf("%s: %+v", said, rows)
			}
			counted := 0
			for _, r := range rows {
				if r.Account == enable.SomeAccounts && r.Is == want {
					counted++
				}
				if r.Account == "" && r.State != enable.Done && r.State != enable.Right {
					t.Errorf("%+v", r)
				}
			}
			if counted != 1 {
				t.Errorf("%d rows say %s: %+v", counted, want, rows)
			}
		})
	}
}

// TestWithdraw takes back what can be, from the last step to the first, and names what stays.
func TestWithdraw(t *testing.T) {
	for name, services := range every() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := lab.New(0, home, other)
			w := wish(t, services)
			only(t, begin(t, o, w).Enable(t.Context()), enable.Done, enable.Right)
			rows := begin(t, o, w).Withdraw(t.Context())
			only(t, rows, enable.Back, enable.Left)
			back := fmt.Sprint(rows)
			for _, r := range rows {
				if r.State == enable.Left && r.Detail == "" {
					t.Errorf("nobody says why %+v stays", r)
				}
			}
			if !strings.Contains(back, "delegated administrator") {
				t.Error(back)
			}
			only(t, begin(t, o, w).Withdraw(t.Context()), enable.Left) // again: there is nothing any more
			only(t, begin(t, o, w).Enable(t.Context()), enable.Done, enable.Right)
		})
	}
}
