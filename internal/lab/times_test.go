package lab

import "testing"

// TestTimesAreSeconds where a service's clients want them, and nothing else is touched.
func TestTimesAreSeconds(t *testing.T) {
	const text = `{"A":"2026-11-30T07:39:15.000Z","B":"2026-11-30T07:39:15.123456","C":"2026-11-30"}`
	for service, want := range map[string]string{
		"dms": `{"A":1796024355,"B":1796024355,"C":"2026-11-30"}`, "s3": text,
	} {
		if got := string((&answer{body: []byte(text)}).inSeconds(service).body); got != want {
			t.Errorf("%s: %s, want %s", service, got, want)
		}
	}
}
