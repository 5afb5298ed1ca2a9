package enable_test

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/enable"
	lab "github.com/salve-security/salve/internal/lab/organisation/organisationtest"
)

// global tells whether a call is of a service that has no Regions.
func global(c lab.Call) bool {
	return strings.HasPrefix(c.Name, "organizations ") || strings.HasPrefix(c.Name, "iam ")
}

// TestUnsupportedRegion: a Region that does not have the service, or is not enabled, is a row, and the others go on.
func TestUnsupportedRegion(t *testing.T) {
	for kind, is := range map[string]error{
		"refused":  lab.Says(403, "UnrecognizedClientException", "The security token included in the request is invalid."),
		"no name":  &net.DNSError{Err: "no such host", Name: "macie2.eu-west-1.amazonaws.com", IsNotFound: true},
		"opted in": lab.Says(403, "OptInRequired", "You are not subscribed to this service."),
	} {
		for name, services := range every() {
			t.Run(kind+" "+name, func(t *testing.T) {
				o := lab.New(0, home, other, third)
				o.Fail(func(c lab.Call) error {
					if c.Region == other && !global(c) {
						return is
					}
					return nil
				})
				run := begin(t, o, wish(t, services))
				away(t, name, run.Plan(t.Context()))
				away(t, name, run.Enable(t.Context()))
				only(t, begin(t, o, wish(t, services)).Enable(t.Context()), enable.Right, enable.Unsupported)
			})
		}
	}
}

// away wants one row that says so of the Region that does not have the service, and none elsewhere.
func away(t *testing.T, name string, rows []enable.Row) {
	t.Helper()
	unsupported := 0
	for _, r := range rows {
		if r.State == enable.Unsupported {
			unsupported++
		}
		if r.State == enable.Unsupported && r.Region != other || r.Region == other && r.State == enable.Failed {
			t.Errorf("%+v", r)
		}
	}
	if unsupported != 1 && name != "aggregator" { // which is at home alone
		t.Errorf("%d rows say so: %+v", unsupported, rows)
	}
}

// TestDenied: what a policy denies nobody waits for. The row says which kind of policy denies, and the run after the policy was
// changed finishes.
func TestDenied(t *testing.T) {
	const user = "User: arn:aws:sts::111111111111:assumed-role/Admin/me is not authorized to perform: some:Action on " +
		"resource: * "
	for kind, denial := range map[string]struct{ sentence, want string }{
		"by nobody": {
			"because no identity-based policy allows the some:Action action",
			"was denied: no identity-based policy allows some:Action",
		},
		"by SCP": {
			"with an explicit deny in a service control policy: arn:aws:organizations::999999999999:policy/o-lab/" +
				"service_control_policy/p-lab",
			"was denied: an explicit deny in a service control policy (SCP) (arn:aws:organizations::999999999999:" +
				"policy/o-lab/service_control_policy/p-lab)",
		},
	} {
		for name, services := range every() {
			for _, account := range []string{lab.Management, lab.Administrator} {
				t.Run(kind+" "+name+" "+account, func(t *testing.T) {
					o := lab.New(0, home)
					run := begin(t, o, wish(t, services))
					o.Fail(func(c lab.Call) error {
						if c.Account == account {
							return lab.Says(403, "AccessDeniedException", user+denial.sentence)
						}
						return nil
					})
					begun := run.Now()
					rows := run.Enable(t.Context())
					blocked := 0
					for _, r := range rows {
						if r.State == enable.Blocked && strings.HasSuffix(r.Detail, denial.want) {
							blocked++
						}
					}
					if blocked != 1 || run.Now() != begun {
						t.Errorf("%d are blocked, after %s: %+v", blocked, run.Now().Sub(begun), rows)
					}
					o.Fail(nil)
					only(t, begin(t, o, wish(t, services)).Enable(t.Context()), enable.Done, enable.Right)
				})
			}
		}
	}
}

// TestExpired: a session that ends in the middle is told at once, and the next run ends as an undisturbed one.
func TestExpired(t *testing.T) {
	for name, services := range every() {
		t.Run(name, func(t *testing.T) {
			w := wish(t, services)
			undisturbed := lab.New(0, home, other)
			first := begin(t, undisturbed, w)
			undisturbed.Strike(nil)
			only(t, first.Enable(t.Context()), enable.Done, enable.Right)
			calls := len(undisturbed.Calls())
			for _, n := range []int{1, calls / 3, calls / 2, calls - 1} {
				o := lab.New(0, home, other)
				run := begin(t, o, w)
				o.Fail(func(c lab.Call) error {
					if c.N >= n {
						return lab.Says(403, "ExpiredTokenException", "The security token included in the request is expired")
					}
					return nil
				})
				begun, told := run.Now(), false
				for _, r := range run.Enable(t.Context()) {
					told = told || r.State == enable.Failed && strings.Contains(r.Detail, "run it again")
				}
				if !told || run.Now().Sub(begun) > time.Minute { // for what AWS has to do before
					t.Errorf("call %d: told %v, after %s", n, told, run.Now().Sub(begun))
				}
				o.Fail(nil)
				only(t, begin(t, o, w).Enable(t.Context()), enable.Done, enable.Right)
				if diff := cmp.Diff(undisturbed.Places(), o.Places()); diff != "" {
					t.Errorf("call %d: %s", n, diff)
				}
			}
		})
	}
}

// TestBusy: what passes by itself is waited for.
func TestBusy(t *testing.T) {
	for name, services := range every() {
		t.Run(name, func(t *testing.T) {
			o := lab.New(0, home)
			run := begin(t, o, wish(t, services))
			o.Fail(func(c lab.Call) error {
				if c.N%3 == 0 {
					return lab.Says(429, "TooManyRequestsException", "Rate exceeded")
				}
				return nil
			})
			run.Enable(t.Context())
			o.Fail(nil)
			only(t, begin(t, o, wish(t, services)).Enable(t.Context()), enable.Done, enable.Right)
		})
	}
}

// TestShut: where Salve is not let into an account, the row says so, and what the account is not needed for is done.
func TestShut(t *testing.T) {
	for name, services := range every() {
		t.Run(name, func(t *testing.T) {
			o := lab.New(0, home)
			run := begin(t, o, wish(t, services))
			o.Shut(lab.Administrator)
			rows := run.Enable(t.Context())
			if said := fmt.Sprint(rows); !strings.Contains(said, "account "+lab.Administrator+" does not let the operator in") {
				t.Error(said)
			}
			for _, r := range rows {
				if r.State == enable.Failed && r.Account == "" {
					t.Errorf("%+v", r)
				}
			}
		})
	}
}

// TestNetwork: a network that is away is a failure, never a service that is not there.
func TestNetwork(t *testing.T) {
	o := lab.New(0, home)
	run := begin(t, o, wish(t, every()["macie"]))
	o.Fail(func(lab.Call) error { return errors.New("connection refused") })
	rows := run.Enable(t.Context())
	if rows[0].State != enable.Failed {
		t.Errorf("%+v", rows[0])
	}
	only(t, rows[1:], enable.Untried)
}
