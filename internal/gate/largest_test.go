package gate_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/gate"
)

// largest is a document of 256 KB, as it may be stored: entries with places, exceptions, windows and freezes.
func largest(t testing.TB) gate.Config {
	t.Helper()
	c := gate.Config{Version: gate.Version, Controls: map[string]gate.Rule{}}
	far := gate.Where{Accounts: []string{"999999999999"}, Regions: []string{"us-*"}}
	for n := range 600 {
		c.Controls[fmt.Sprintf("Other.%d", n)] = gate.Rule{Mode: gate.Auto, Where: []gate.Where{far}}
	}
	c.Controls["S3.8"] = gate.Rule{Mode: gate.Auto}
	for n := range 20 {
		at := fmt.Sprintf("%02d:15", n%24)
		c.Windows = append(c.Windows, gate.Window{Days: anyDay(), From: at, To: "24:00", TZ: "Europe/Berlin"})
		c.Freezes = append(c.Freezes, gate.Freeze{
			From: fmt.Sprintf("2025-01-%02d", n%28+1), To: "2025-02-01", TZ: "Europe/Berlin", Reason: "year end",
		})
	}
	end := gate.Date{Day: now().Add(24 * time.Hour).Truncate(24 * time.Hour)}
	for n := 0; ; n++ {
		e := gate.Exception{
			Control: fmt.Sprintf("Other.%d", n%600), Resource: fmt.Sprintf("arn:aws:s3:::a-*-%d", n), Reason: "static web site",
			Owner: "web", Expires: end,
		}
		if n%20 == 0 {
			e.Control = "S3.8"
		}
		c.Exceptions = append(c.Exceptions, e)
		if text, err := c.JSON(); err != nil || len(text) > gate.MaxDocument-200 {
			return c
		}
	}
}

// TestPreparedDecidesTheSame: an index changes what a decision costs, and nothing else.
func TestPreparedDecidesTheSame(t *testing.T) {
	for group, cases := range map[string]map[string]verdict{
		"mode": modes(), "state": states(), "overlay": overlays(), "shared": sharedWrites(), "place": places(),
		"button": buttons(), "time": times(), "narrow": narrow(), "class": classes(), "pattern": patterned(),
	} {
		for name, test := range cases {
			in := test.in
			in.Config = in.Config.Prepared()
			if d := cmp.Diff(gate.Decide(test.in), gate.Decide(in)); d != "" {
				t.Errorf("%s/%s (-plain +prepared):\n%s", group, name, d)
			}
		}
	}
}

// BenchmarkDecide is what a decision costs with the largest document, on a finding that all of it is asked about.
func BenchmarkDecide(b *testing.B) {
	for name, prepared := range map[string]bool{"prepared": true, "as read": false} {
		b.Run(name, func(b *testing.B) {
			in := input(by(gate.Imported))
			if in.Config = largest(b); prepared {
				in.Config = in.Config.Prepared()
			}
			if d := gate.Decide(in); d.Verdict != gate.Act {
				b.Fatalf("%+v", d)
			}
			for b.Loop() {
				gate.Decide(in)
			}
		})
	}
}
