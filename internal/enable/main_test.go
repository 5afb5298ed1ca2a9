package enable_test

import (
	"context"
	"testing"
	"time"

	"github.com/salve-security/salve/internal/enable"
	lab "github.com/salve-security/salve/internal/lab/organisation/organisationtest"
)

const (
	home  = "eu-central-1"
	other = "eu-west-1"
	third = "us-east-1"
)

// known are ARNs of standards as the product's own list has them.
func known() map[string]string {
	return map[string]string{
		"fsbp-1.0.0": "arn:aws:securityhub:{region}::standards/aws-foundational-security-best-practices/v/1.0.0",
		"cis-3.0.0":  "arn:aws:securityhub:{region}::standards/cis-aws-foundations-benchmark/v/3.0.0",
	}
}

// wish is a complete document; what it says of services is as in salve org enable's.
func wish(t *testing.T, services string) enable.Wish {
	t.Helper()
	w, err := enable.Parse(
		[]byte("administrator: \"" + lab.Administrator + "\"\nhome: " + home + "\nservices:\n" + services),
	)
	if err == nil {
		w, err = w.Complete(known())
	}
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// clock passes when somebody sleeps.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.now = c.now.Add(d)
	return ctx.Err()
}

// begin reads the organization anew, as each run of the command does.
func begin(t *testing.T, o *lab.Organisation, w enable.Wish) *enable.Run {
	t.Helper()
	cfg, _ := o.As(lab.Management, home)
	org, err := enable.Read(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	regions, err := enable.Regions(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	c := &clock{now: time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)}
	return &enable.Run{
		Organization: org, Wish: w, Regions: regions, Open: o, Services: enable.Services(), Now: c.Now, Sleep: c.Sleep,
	}
}

// states are what rows say, by "service Region step".
func states(rows []enable.Row) map[string]enable.State {
	all := map[string]enable.State{}
	for _, r := range rows {
		all[r.Service+" "+r.Region+" "+r.Step+r.Account] = r.State
	}
	return all
}

// only fails for each row that is in none of the states.
func only(t *testing.T, rows []enable.Row, allowed ...enable.State) {
	t.Helper()
	if len(rows) == 0 {
		t.Error("there are no rows")
	}
	for _, r := range rows {
		fits := false
		for _, s := range allowed {
			fits = fits || r.State == s
		}
		if !fits {
			t.Errorf(
				"%s %s %s %s: %s, is %q, want %q: %s",
				r.Service,
				r.Region,
				r.Step,
				r.Account,
				r.State,
				r.Is,
				r.Want,
				r.Detail,
			)
		}
	}
}
