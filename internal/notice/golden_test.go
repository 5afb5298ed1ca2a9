package notice_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/notice"
)

//nolint:gochecknoglobals // go test parses flags before a test runs
var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// golden compares with a file in testdata, or writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run the test with -update to write it", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// indented makes JSON readable in a golden file.
func indented(t *testing.T, text string, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, []byte(text), "", "  "); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return out.String() + "\n"
}

func TestTexts(t *testing.T) {
	for name, n := range story() {
		t.Run(name, func(t *testing.T) {
			subject, body := notice.Email(n)
			golden(t, name+".mail.golden", "Subject: "+subject+"\n\n"+body)
			machine, err := notice.Machine(n)
			golden(t, name+".machine.golden", indented(t, machine, err))
			chat, err := notice.Chat(n)
			golden(t, name+".chat.golden", indented(t, chat, err))
		})
	}
}
