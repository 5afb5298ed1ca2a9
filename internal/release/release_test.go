package release_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/release"
)

// hello builds a small program of this module for this machine.
func hello(t *testing.T, dir string) []byte {
	t.Helper()
	program, err := release.Build(t.Context(), release.Options{
		Package: "github.com/salve-security/salve/internal/release/testdata/hello", Platform: release.Lambda(runtime.GOARCH),
		Version: "v9.8.7-test", Dir: dir,
	})
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// TestSameBytes: what a person's shell is set to must not show in a release.
func TestSameBytes(t *testing.T) {
	first := hello(t, "")
	for name, value := range map[string]string{
		"GOFLAGS": "-tags=other -ldflags=-X=main.x=y", "GOAMD64": "v3", "GOARM64": "v8.2", "GOOS": "darwin",
		"CGO_ENABLED": "1",
	} {
		t.Setenv(name, value)
	}
	if !bytes.Equal(first, hello(t, "../..")) {
		t.Error("two builds differ")
	}
	one, err := release.Zip(first)
	if err != nil {
		t.Fatal(err)
	}
	two, err := release.Zip(first)
	if err != nil || !bytes.Equal(one, two) {
		t.Errorf("two archives of one program differ (%v)", err)
	}
}

func TestZip(t *testing.T) {
	packed, err := release.Zip([]byte("program"))
	if err != nil {
		t.Fatal(err)
	}
	archive, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil || len(archive.File) != 1 {
		t.Fatalf("archive %+v, error %v", archive, err)
	}
	f := archive.File[0]
	if f.Name != "bootstrap" || f.Mode() != 0o755 || f.ModifiedDate != 0 {
		t.Errorf("file %s, mode %v, date %d: want bootstrap, executable, without a date", f.Name, f.Mode(), f.ModifiedDate)
	}
	r, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(r)
	if err != nil || string(content) != "program" {
		t.Errorf("content %q, error %v", content, err)
	}
}

func TestVersionIsStamped(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("programs for Lambda run on Linux only")
	}
	path := filepath.Join(t.TempDir(), "hello")
	if err := os.WriteFile(path, hello(t, ""), 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), path).Output()
	if err != nil || string(out) != `{"version":"v9.8.7-test"}`+"\n" {
		t.Errorf("output %s, error %v", out, err)
	}
}

func TestBuildRefuses(t *testing.T) {
	tests := map[string]struct {
		change func(*release.Options)
		want   string
	}{
		"architecture": {func(o *release.Options) { o.Platform.Arch = "s390x" }, "platform linux-s390x"},
		"system":       {func(o *release.Options) { o.Platform.OS = "windows" }, "platform windows-arm64"},
		"no version":   {func(o *release.Options) { o.Version = "" }, "v1.2.3"},
		"two words":    {func(o *release.Options) { o.Version = "v1 -X main.x=y" }, "one word"},
		"no program":   {func(o *release.Options) { o.Package = "./nowhere" }, "build ./nowhere"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			o := release.Options{Package: release.Function, Platform: release.Lambda("arm64"), Version: "v1"}
			tc.change(&o)
			if _, err := release.Build(t.Context(), o); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one about %q", err, tc.want)
			}
		})
	}
}

func TestBOM(t *testing.T) {
	text, err := release.BOM(hello(t, ""), "v9.8.7")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		BomFormat, SpecVersion string
		Metadata               struct{ Component component }
		Components             []component
		Dependencies           []struct{ DependsOn []string }
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	head := []string{doc.BomFormat, doc.SpecVersion, doc.Metadata.Component.Purl}
	want := []string{"CycloneDX", "1.6", "pkg:golang/github.com/salve-security/salve@v9.8.7"}
	if diff := cmp.Diff(want, head); diff != "" {
		t.Errorf("head (-want +got):\n%s", diff)
	}
	var found, refs []string
	for _, c := range doc.Components {
		found, refs = append(found, c.Name), append(refs, c.Ref)
		c.check(t)
	}
	want = []string{
		"std", "github.com/mattn/go-colorable", "github.com/mattn/go-isatty", "github.com/rs/zerolog", "golang.org/x/sys",
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("modules (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(refs, doc.Dependencies[0].DependsOn); diff != "" {
		t.Errorf("dependencies (-components +dependencies):\n%s", diff)
	}
}

type component struct {
	Name, Version, Purl string
	Ref                 string `json:"bom-ref"`
	Hashes              []struct{ Alg, Content string }
}

// check wants what finds a module in a list of vulnerabilities, and its
// checksum; the standard library comes with Go and has none.
func (c component) check(t *testing.T) {
	t.Helper()
	if c.Purl != "pkg:golang/"+c.Name+"@"+c.Version || c.Ref != c.Purl {
		t.Errorf("%s %s is called %s and %s", c.Name, c.Version, c.Purl, c.Ref)
	}
	digest := regexp.MustCompile(`^[0-9a-f]{64}$`)
	if c.Name != "std" && (len(c.Hashes) != 1 || !digest.MatchString(c.Hashes[0].Content)) {
		t.Errorf("%s has the hashes %v", c.Name, c.Hashes)
	}
}

func TestBOMOfNoProgram(t *testing.T) {
	if _, err := release.BOM([]byte("no program"), "v1"); err == nil {
		t.Error("a text has modules")
	}
}

func TestWrite(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "dist")
	for _, files := range []map[string][]byte{{"b": []byte("2"), "a": []byte("old")}, {"a": []byte("1")}} {
		if err := release.Write(folder, files); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(filepath.Join(folder, "SHA256SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("%x  a\n%x  b\n", sha256.Sum256([]byte("1")), sha256.Sum256([]byte("2")))
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
