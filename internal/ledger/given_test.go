package ledger_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/salve-security/salve/internal/gate"
	"github.com/salve-security/salve/internal/ledger/ledgertest"
)

// TestUnreadableException: what this release cannot read holds for everything and for good, and a person can end it.
func TestUnreadableException(t *testing.T) {
	tests := map[string]struct {
		name  string
		value types.AttributeValue
	}{
		"newer form": {"form", aNumber("2")}, "no form": {"form", nil}, "odd form": {"form", aText("1")},
		"no control": {"of_control", nil}, "odd control": {"of_control", aNumber("1")},
		"odd account":  {"in_account", aNumber("1")},
		"odd resource": {"on_resource", aNumber("1")}, "no last day": {"last_day", nil},
		"odd last day": {"last_day", aText("soon")}, "a number": {"last_day", aNumber("1")},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Cleanup(func() { remove(t, "config", "exception#x1") })
			g := gate.Given{Exception: gate.Exception{
				ID: "x1", Control: "S3.8", Resource: "arn:aws:s3:::site", Owner: "web", Reason: "site",
			}}
			if err := g.Expires.UnmarshalText([]byte("2027-03-31")); err != nil {
				t.Fatal(err)
			}
			if err := open().Except(t.Context(), g); err != nil {
				t.Fatal(err)
			}
			set(t, "config", "exception#x1", tc.name, tc.value)
			got, err := open().Given(t.Context())
			if err != nil || len(got) != 1 || !forEverything(got[0]) {
				t.Fatalf("%+v, %v: want one that holds for everything", got, err)
			}
			if ended, err := open().EndExcept(t.Context(), "x1", "bob", ledgertest.Began()); err != nil || !ended {
				t.Errorf("ended %v, %v", ended, err)
			}
			if got, err := open().Given(t.Context()); err != nil || got[0].Holds(ledgertest.Began()) {
				t.Errorf("%+v, %v: it was ended", got, err)
			}
		})
	}
}

// forEverything tells that an exception holds for whatever it might be about, without an end.
func forEverything(g gate.Given) bool {
	return g.Unread && g.ID == "x1" && g.Holds(ledgertest.Began().AddDate(100, 0, 0)) && g.Covers("EC2.19", "1", "sg-1")
}
