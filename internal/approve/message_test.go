package approve_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/approve"
	"github.com/salve-security/salve/internal/run"
)

func TestDecode(t *testing.T) {
	plan := strings.Repeat("a", 64)
	good := `{"salve":"approval","version":1,"run":"r06gvqao51pq4d1cv-b40n6vr5","plan":"` + plan + `","answer":"deny"`
	tests := map[string]struct{ body, want string }{
		"an answer":     {good + `}`, ""},
		"with a reason": {good + `,"reason":"not today"}`, ""},
		"nothing":       {``, "not the JSON"},
		"a list":        {`[]`, "not the JSON"},
		"an event of Security Hub": {
			`{"source":"aws.securityhub","detail-type":"Security Hub Findings - Custom Action"}`, "nothing else",
		},
		"a sweep": {`{"salve":"sweep"}`, "nothing else"},
		"a newer version": {
			strings.Replace(good, `:1,`, `:2,`, 1) + `}`, "version 2, this release reads 1: upgrade",
		},
		"no version": {strings.Replace(good, `"version":1,`, ``, 1) + `}`, "version 0"},
		"no run":     {strings.Replace(good, `r06gvqao51pq4d1cv-b40n6vr5`, ``, 1) + `}`, "names no run"},
		"a run that is none": {
			strings.Replace(good, `r06gvqao51pq4d1cv-b40n6vr5`, `../../x`, 1) + `}`, "names no run",
		},
		"no plan":                       {strings.Replace(good, plan, ``, 1) + `}`, "which plan"},
		"the beginning of a plan":       {strings.Replace(good, plan, plan[:12], 1) + `}`, "which plan"},
		"another word":                  {strings.Replace(good, `deny`, `yes`, 1) + `}`, "neither approve nor deny"},
		"that it lapsed":                {strings.Replace(good, `deny`, `lapse`, 1) + `}`, "neither approve nor deny"},
		"a number where a text belongs": {strings.Replace(good, `"deny"`, `1`, 1) + `}`, "not the JSON"},
		"too large":                     {good + `,"reason":"` + strings.Repeat("x", 9000) + `"}`, "bytes"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			m, err := approve.Decode(tc.body, "m1", "AIDAX")
			switch {
			case tc.want == "" && err != nil:
				t.Error(err)
			case tc.want == "" && (m.Word != run.Deny || m.Plan != plan || m.Sender != "AIDAX" || m.ID != "m1"):
				t.Errorf("%+v", m)
			case tc.want != "" && (!errors.Is(err, approve.ErrMalformed) || !strings.Contains(err.Error(), tc.want)):
				t.Errorf("error %v, want %q", err, tc.want)
			}
		})
	}
}

// TestForgedSender: whatever a body says of who sent it, SQS alone says that.
func TestForgedSender(t *testing.T) {
	forged := `{"salve":"approval","version":1,"run":"r1","plan":"` + strings.Repeat("a", 64) + `","answer":"approve",` +
		`"sender":"AIDAALICE","SenderId":"AIDAALICE","approver":"alice","id":"m9","actor":"alice"}`
	m, err := approve.Decode(forged, "m1", "AIDAMALLORY")
	if err != nil || m.Sender != "AIDAMALLORY" || m.ID != "m1" {
		t.Errorf("%+v, %v", m, err)
	}
}

// TestEncodeIsRead: what the command line sends is what the function reads.
func TestEncodeIsRead(t *testing.T) {
	want := approve.Message{
		ID: "m1", Sender: "AIDAX", Run: "r1", Plan: strings.Repeat("a", 64), Word: run.Approve, Reason: "a \"reason\"",
	}
	content, err := approve.Encode(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := approve.Decode(content, "m1", "AIDAX")
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Error(d, err)
	}
}
