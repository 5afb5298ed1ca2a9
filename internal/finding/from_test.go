package finding_test

import (
	"testing"
	"time"

	"github.com/salve-security/salve/internal/finding"
	"github.com/salve-security/salve/internal/names"
)

// TestFrom: whose hub an event comes from is known by the custom action. Where that is not known, no event is ours.
func TestFrom(t *testing.T) {
	const hub = "111122223333"
	for name, tc := range map[string]struct {
		account, action string
		ours            bool
	}{
		"the hub":              {hub, "arn:aws:securityhub:eu-west-1:" + hub + ":action/custom/SalveRemediate", true},
		"China":                {hub, "arn:aws-cn:securityhub:cn-north-1:" + hub + ":action/custom/SalveRemediate", true},
		"a member":             {account, "arn:aws:securityhub:eu-west-1:" + hub + ":action/custom/SalveRemediate", false},
		"no action":            {hub, "", false},
		"an action of nowhere": {"", "arn:aws:securityhub:eu-west-1::action/custom/SalveRemediate", false},
	} {
		t.Run(name, func(t *testing.T) {
			err := finding.Event{Account: tc.account}.From(tc.action)
			if tc.ours && err != nil {
				t.Error(err)
			}
			if !tc.ours {
				wantReason(t, err, finding.ForeignHub, "account")
			}
		})
	}
}

// TestEchoes: only the event that our own note alone has caused is one; what a person or Security Hub does to the
// finding comes later, or under another note.
func TestEchoes(t *testing.T) {
	at := time.Date(2026, 10, 2, 9, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		kind  finding.Kind
		by    string
		noted time.Time
		want  bool
	}{
		"our note":        {finding.Imported, names.UpdatedByAside, at, true},
		"a moment ago":    {finding.Imported, names.UpdatedByAside, at.Add(-50 * time.Second), true},
		"clocks differ":   {finding.Imported, names.UpdatedByAside, at.Add(time.Second), true},
		"the next check":  {finding.Imported, names.UpdatedByAside, at.Add(-12 * time.Hour), false},
		"with a status":   {finding.Imported, names.UpdatedBy, at, false},
		"a person's note": {finding.Imported, "ann", at, false},
		"no note":         {finding.Imported, "", time.Time{}, false},
		"a click":         {finding.CustomAction, names.UpdatedByAside, at, false},
		"at no time":      {finding.Imported, names.UpdatedByAside, time.Time{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			raw := samples()["consolidated, bucket"]
			raw.Note = finding.RawNote{Text: "x", UpdatedBy: tc.by, UpdatedAt: tc.noted.Format(time.RFC3339)}
			f, err := finding.Identify(raw, lists(t))
			if err != nil {
				t.Fatal(err)
			}
			if got := (finding.Event{Kind: tc.kind, Time: at}).Echoes(f); got != tc.want {
				t.Errorf("%v, note %q", got, f.Note)
			}
			if ours := names.Ours(tc.by); ours != (f.Note == "") {
				t.Errorf("note %q of %s", f.Note, tc.by)
			}
		})
	}
}
