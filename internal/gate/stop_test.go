package gate_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/gate"
)

// TestStopped: which of several stops holds for a control.
func TestStopped(t *testing.T) {
	never, later := time.Time{}, now().Add(time.Hour)
	one := func(control string, ends time.Time) gate.Stop {
		return gate.Stop{Origin: origin(ends), Control: control}
	}
	all, own, other := one("", later), one("s3.8", later), one("ec2.19", never)
	over := one("S3.8", now())
	here, there := one("s3.8", later), one("s3.8", never)
	here.Account, there.Account = "222222222222", "333333333333"
	tests := map[string]struct {
		stops []gate.Stop
		want  gate.Stop
		held  bool
	}{
		"none":                   {nil, gate.Stop{}, false},
		"another's":              {[]gate.Stop{other}, gate.Stop{}, false},
		"its own":                {[]gate.Stop{other, own}, own, true},
		"of everything":          {[]gate.Stop{other, all}, all, true},
		"both, its own first":    {[]gate.Stop{own, all}, all, true},
		"both, everything first": {[]gate.Stop{all, own}, all, true},
		"ended":                  {[]gate.Stop{over}, gate.Stop{}, false},
		"ended, and one holds":   {[]gate.Stop{over, own}, own, true},
		"of its account":         {[]gate.Stop{other, here}, here, true},
		"of another account":     {[]gate.Stop{there}, gate.Stop{}, false},
		"both, account first":    {[]gate.Stop{here, own}, own, true},
		"both, account last":     {[]gate.Stop{own, here}, own, true},
		"account and everything": {[]gate.Stop{here, all}, all, true},
		"everything has ended":   {[]gate.Stop{one("", now()), own}, own, true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got, held := gate.Overlay{Stops: tc.stops}.Stopped("S3.8", "222222222222", now())
			if d := cmp.Diff(tc.want, got); d != "" || held != tc.held {
				t.Errorf("held %v, want %v (-want +got):\n%s", held, tc.held, d)
			}
		})
	}
}
