package finding_test

import (
	"encoding/json"
	"testing"

	"github.com/salve-security/salve/internal/finding"
)

// FuzzDecode: no body makes the decoder fail otherwise than as Malformed, and what it takes can be identified or
// refused.
func FuzzDecode(f *testing.F) {
	for _, raw := range samples() {
		f.Add(envelope(f, importedType, raw))
		f.Add(envelope(f, actionType, raw))
	}
	for _, name := range []string{"imported-consolidated", "click-cis-1.2.0", "insight", "imported-v2"} {
		f.Add(file(f, name))
	}
	f.Add([]byte(`{"salve":"check","run":"r-1"}`))
	f.Add([]byte(`{"salve":"sweep"}`))
	standards := lists(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		event, err := finding.Decode(body)
		if err != nil {
			malformed, ok := err.(*finding.Malformed) //nolint:errorlint // nothing may wrap it
			if !ok || malformed.Field == "" {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		if event.Kind == "" {
			t.Fatal("an event without a kind")
		}
		for _, raw := range event.Findings {
			believed(t, event, raw, standards)
		}
	})
}

// FuzzIdentify starts from findings, so that the fields themselves are what changes.
func FuzzIdentify(f *testing.F) {
	for _, raw := range samples() {
		body, err := json.Marshal(raw)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	standards := lists(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		var raw finding.Raw
		if json.Unmarshal(body, &raw) != nil {
			return
		}
		believed(t, finding.Event{Region: region}, raw, standards)
	})
}

// believed checks what must hold of every finding that is believed.
func believed(t *testing.T, event finding.Event, raw finding.Raw, standards finding.Standards) {
	t.Helper()
	got, err := event.Identify(raw, standards)
	if err != nil {
		if identity, ok := err.(*finding.Identity); !ok || identity.Reason == "" { //nolint:errorlint // nothing may wrap it
			t.Fatalf("%T: %v", err, err)
		}
		return
	}
	if canonical, ok := standards.Canonical(got.Control); !ok || canonical != got.Control {
		t.Fatalf("control %q", got.Control)
	}
	if len(got.Account) != 12 || got.Region == "" || got.Resource.ID == "" || len(got.Resource.ID) > 512 {
		t.Fatalf("believed %+v", got)
	}
}
