package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/salve-security/salve/internal/enable"
	"github.com/salve-security/salve/internal/enable/resource"
	"github.com/salve-security/salve/internal/names"
)

// started is the function as Lambda starts it, but for what is left out of its environment; its log goes into out.
func started(t *testing.T, out *bytes.Buffer, without string) (resource.Handler, error) {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	} {
		t.Setenv(name, value)
	}
	env := map[string]string{
		names.EnvAccount: "999999999999", names.EnvPartition: "aws", names.EnvAdminsRole: "OrganizationAccountAccessRole",
	}
	delete(env, without)
	return start(t.Context(), func(name string) string { return env[name] }, zerolog.New(out))
}

func TestStartNamesWhatIsMissing(t *testing.T) {
	for _, name := range []string{names.EnvAccount, names.EnvPartition, names.EnvAdminsRole} {
		if _, err := started(t, &bytes.Buffer{}, name); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v, want one that names %s", err, name)
		}
	}
}

// TestStart: account and Region are those of the stack, all services and the product's own standards are known.
func TestStart(t *testing.T) {
	h, err := started(t, &bytes.Buffer{}, "")
	if err != nil {
		t.Fatal(err)
	}
	if h.Account != "999999999999" || h.Region != "eu-central-1" || len(h.Services) != len(enable.Services()) ||
		!strings.HasPrefix(h.Known["fsbp-1.0.0"], "arn:aws:securityhub:{region}::standards/") {
		t.Errorf("%s, %s, %d, %v", h.Account, h.Region, len(h.Services), h.Known)
	}
	cfg, err := h.Open(t.Context()).As(h.Account, "eu-west-1")
	if err != nil || cfg.Region != "eu-west-1" {
		t.Errorf("%v, %s", err, cfg.Region)
	}
}

// TestLog: a row and an answer are a line of JSON each, so that a log query finds their fields.
func TestLog(t *testing.T) {
	var out bytes.Buffer
	h, err := started(t, &out, "")
	if err != nil {
		t.Fatal(err)
	}
	h.Log(enable.Row{Service: "guardduty", Region: "eu-west-1", Step: "accounts", State: enable.Done})
	h.Note("SUCCESS")
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	var row, answer struct {
		Row    enable.Row
		Answer string
	}
	if len(lines) != 2 || json.Unmarshal([]byte(lines[0]), &row) != nil ||
		json.Unmarshal([]byte(lines[1]), &answer) != nil {
		t.Fatalf("%q", lines)
	}
	want := enable.Row{Service: "guardduty", Region: "eu-west-1", Step: "accounts", State: enable.Done}
	if diff := cmp.Diff(want, row.Row); diff != "" || answer.Answer != "SUCCESS" {
		t.Errorf("%s, %q", diff, answer.Answer)
	}
}

// TestPause ends with its context.
func TestPause(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if pause(ctx, time.Hour) == nil || pause(t.Context(), 0) != nil {
		t.Error("it waits for what is over, or not at all")
	}
}
