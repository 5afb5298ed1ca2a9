package deploy_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/release"
)

// action is the composite action as GitHub reads it.
type action struct {
	Inputs  map[string]struct{ Description, Default string }
	Outputs map[string]struct{ Description, Value string }
	Runs    struct {
		Using string
		Steps []struct {
			Name, ID, If, Shell, Run, Uses string
			Env                            map[string]string
		}
	}
}

func readAction(t *testing.T) action {
	t.Helper()
	text, err := os.ReadFile("action/action.yml")
	if err != nil {
		t.Fatal(err)
	}
	var a action
	if err := yaml.Unmarshal(text, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// TestActionInterpolatesNothing: what is written into a script by GitHub could be a script.
func TestActionInterpolatesNothing(t *testing.T) {
	a := readAction(t)
	if a.Runs.Using != "composite" || len(a.Runs.Steps) == 0 {
		t.Fatalf("using %q, %d steps", a.Runs.Using, len(a.Runs.Steps))
	}
	for _, step := range a.Runs.Steps {
		if step.Uses != "" {
			t.Errorf("%s uses %s: the action does without others", step.Name, step.Uses)
		}
		if strings.Contains(step.Run, "${{") || step.Shell != "bash" {
			t.Errorf("%s runs %q with %q", step.Name, step.Run, step.Shell)
		}
		given(t, step.Env)
	}
}

// TestActionUsesItsInputs: one that nothing reads would be set in vain.
func TestActionUsesItsInputs(t *testing.T) {
	a, used := readAction(t), map[string]bool{}
	for _, step := range a.Runs.Steps {
		for _, input := range given(t, step.Env) {
			used[input] = true
		}
	}
	for input, i := range a.Inputs {
		if i.Description == "" || !used[input] {
			t.Errorf("input %s is described as %q, and used: %v", input, i.Description, used[input])
		}
	}
	for name, o := range a.Outputs {
		if want := "${{ steps.check.outputs." + name + " }}"; o.Value != want {
			t.Errorf("output %s is %s, want %s", name, o.Value, want)
		}
	}
}

// TestActionExample: what the page shows is a workflow, with inputs that there are.
func TestActionExample(t *testing.T) {
	page, err := os.ReadFile("../docs/get.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(page), "\n```yaml\n")
	text, _, _ = strings.Cut(text, "\n```\n")
	var workflow struct {
		Permissions map[string]string
		Jobs        map[string]struct {
			Steps []struct {
				Uses string
				With map[string]string
			}
		}
	}
	if err := yaml.Unmarshal([]byte(text), &workflow); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string]string{"contents": "read", "id-token": "write"}, workflow.Permissions); d != "" {
		t.Errorf("permissions (-want +got):\n%s", d)
	}
	known, ours := readAction(t).Inputs, 0
	for _, step := range workflow.Jobs["salve"].Steps {
		if !strings.HasSuffix(step.Uses, "@COMMIT") {
			t.Errorf("%s is not named by a commit", step.Uses)
		}
		if !strings.HasPrefix(step.Uses, "salve-security/salve/deploy/action@") {
			continue
		}
		ours++
		for input := range step.With {
			if _, ok := known[input]; !ok {
				t.Errorf("the action has no input %s", input)
			}
		}
	}
	if ours != 1 {
		t.Errorf("the page uses the action %d times", ours)
	}
}

// given are the inputs by the variables that a step gets them in; a variable may hold nothing else.
func given(t *testing.T, env map[string]string) map[string]string {
	t.Helper()
	form := regexp.MustCompile(`^\$\{\{ inputs\.([a-z0-9]+) \}\}$`)
	out := map[string]string{}
	for variable, value := range env {
		match := form.FindStringSubmatch(value)
		if match == nil {
			t.Fatalf("%s is %q, not an input", variable, value)
		}
		out[variable] = match[1]
	}
	return out
}

// runner is what GitHub gives a step, with programs of ours in front of the others.
type runner struct {
	t                         *testing.T
	folder                    string
	env                       map[string]string
	log, summary, out, onPath string
	code                      int
}

func newRunner(t *testing.T, programs map[string]string) *runner {
	t.Helper()
	r := &runner{t: t, folder: t.TempDir()}
	for name, script := range programs {
		path := filepath.Join(r.folder, "bin", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("#!/usr/bin/env bash\n"+script), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	here, err := filepath.Abs("action")
	if err != nil {
		t.Fatal(err)
	}
	r.env = map[string]string{
		"PATH": filepath.Join(r.folder, "bin") + ":" + os.Getenv("PATH"), "GITHUB_ACTION_PATH": here,
		"RUNNER_TEMP": r.folder, "RUNNER_OS": "Linux", "RUNNER_ARCH": "X64", "HOME": r.folder,
	}
	for _, file := range []string{"GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "GITHUB_PATH"} {
		r.env[file] = filepath.Join(r.folder, file)
	}
	return r
}

// step runs one as GitHub would, with inputs.
func (r *runner) step(name string, inputs map[string]string) {
	r.t.Helper()
	for _, step := range readAction(r.t).Runs.Steps {
		if step.Name != name {
			continue
		}
		cmd := exec.CommandContext(r.t.Context(), "bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step.Run)
		cmd.Dir = r.folder
		for variable, value := range r.env {
			cmd.Env = append(cmd.Env, variable+"="+value)
		}
		for variable, input := range given(r.t, step.Env) {
			cmd.Env = append(cmd.Env, variable+"="+inputs[input])
		}
		out, err := cmd.CombinedOutput()
		var ended *exec.ExitError
		if err != nil && !errors.As(err, &ended) {
			r.t.Fatal(err)
		}
		r.log, r.code = string(out), cmd.ProcessState.ExitCode()
		r.summary, r.out, r.onPath = r.file("GITHUB_STEP_SUMMARY"), r.file("GITHUB_OUTPUT"), r.file("GITHUB_PATH")
		return
	}
	r.t.Fatalf("no step %s", name)
}

func (r *runner) file(variable string) string {
	content, err := os.ReadFile(r.env[variable])
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		r.t.Fatal(err)
	}
	return string(content)
}

func (r *runner) write(name, content string) {
	r.t.Helper()
	if err := os.WriteFile(filepath.Join(r.folder, name), []byte(content), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// TestActionChecks plays the step with a salve that answers as told. That the real one answers so is held by the
// script action.txtar of the command line.
func TestActionChecks(t *testing.T) {
	const wrong = `echo 'salve: line 3, controls.S3.8.mode: is "sometimes": write off' >&2; exit 64`
	const changed = `echo '+ controls.S3.8: <b>auto</b>'; ` +
		`echo '1 difference from configuration version 4, which lets Salve act by itself in more places'; exit 2`
	for name, tc := range map[string]struct {
		validate, diff, config string
		code                   int
		log, out               string
		summary                []string
	}{
		"wrong": {
			validate: wrong, code: 64, summary: []string{"configuration is wrong", "line 3, controls.S3.8.mode"},
			log: "::error file=salve.yaml,line=3::controls.S3.8.mode: is \"sometimes\": write off\n",
		},
		"hostile": {
			validate: `printf 'salve: line 1, document: unknown field "</pre>%%0A\r"\n::stop-commands::x\n' >&2; exit 64`,
			code:     64,
			log: "::error file=salve.yaml,line=1::document: unknown field \"</pre>%250A%0D\"\n" +
				"::error file=salve.yaml::::stop-commands::x\n",
			summary: []string{"&lt;/pre&gt;"},
		},
		"right": {validate: "echo 'the document makes sense'", summary: []string{"configuration makes sense"}},
		"nothing differs": {
			validate: "true", diff: "echo 'nothing differs from configuration version 4'",
			out: "changes=false\nwider=false\n", summary: []string{"nothing differs"},
		},
		"lets it do more": {
			validate: "true", diff: changed, out: "changes=true\nwider=true\n", summary: []string{"&lt;b&gt;auto&lt;/b&gt;"},
			log: "::warning file=salve.yaml::A push of it lets Salve act by itself in more places: see the summary\n",
		},
		"no hub": {
			validate: "true", diff: "echo 'salve: no table' >&2; exit 1", code: 1, summary: []string{"could not be compared"},
			log: "::error file=salve.yaml::no table\n",
		},
		"a path that is no option": {
			validate: `[[ $3 == /* ]] && cat "$3"`, config: "-x,y:z.yaml", summary: []string{"version: 1"},
		},
		"no file": {config: "other.yaml", code: 1, log: "::error::other.yaml is not there\n"},
	} {
		t.Run(name, func(t *testing.T) {
			script := "if [[ $2 == validate ]]; then " + tc.validate + "\n:\nelse " + tc.diff + "\n:\nfi\n"
			r := newRunner(t, map[string]string{"salve": script})
			inputs := map[string]string{"config": "salve.yaml", "diff": fmt.Sprint(tc.diff != "")}
			if tc.config != "" {
				inputs["config"] = tc.config
			}
			if tc.config != "other.yaml" {
				r.write(inputs["config"], "version: 1\n")
			}
			r.step("Check the configuration", inputs)
			if r.code != tc.code || r.log != tc.log || r.out != tc.out {
				t.Errorf("ended with %d, want %d; log and output (-want +got):\n%s%s", r.code, tc.code,
					cmp.Diff(tc.log, r.log), cmp.Diff(tc.out, r.out))
			}
			for _, want := range tc.summary {
				if !strings.Contains(r.summary, want) {
					t.Errorf("the summary lacks %q:\n%s", want, r.summary)
				}
			}
		})
	}
}

// TestActionRehearses: what the document would do about recorded findings stands in the summary, also without a hub.
func TestActionRehearses(t *testing.T) {
	const said = `printf '%s\n' "$@"; echo '<b>2 findings</b>'; exit `
	for name, tc := range map[string]struct {
		answer, events, current string
		code                    int
		log                     string
		summary                 []string
		not                     string
	}{
		"without the present one": {
			answer: said + "0", events: "events", summary: []string{"makes sense", "/events\n--config\n", "&lt;b&gt;2 findings"},
			not: "--current",
		},
		"beside it": {
			answer: said + "2", events: "events", current: "-now,x.yaml", summary: []string{"--current\n/", "/-now,x.yaml\n"},
		},
		"unreadable": {
			answer: "echo 'salve: events, line 3: is neither' >&2; exit 64", events: "events", code: 64,
			log: "::error file=salve.yaml::events, line 3: is neither\n", summary: []string{"could not be rehearsed"},
		},
		"no events":      {events: "other", code: 1, log: "::error::other is not there\n", not: "recorded findings"},
		"no present one": {events: "events", current: "other", code: 1, log: "::error::other is not there\n"},
		"not asked for":  {answer: "exit 1", summary: []string{"makes sense"}, not: "recorded findings"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRunner(t, map[string]string{"salve": "[[ $1 == rehearse ]] || exit 0\n" + tc.answer + "\n"})
			for _, file := range []string{"salve.yaml", "events", "-now,x.yaml"} {
				r.write(file, "version: 1\n")
			}
			r.step("Check the configuration", map[string]string{
				"config": "salve.yaml", "diff": "false", "rehearse": tc.events, "current": tc.current,
			})
			if r.code != tc.code || r.log != tc.log {
				t.Errorf("ended with %d, want %d; log: %s", r.code, tc.code, r.log)
			}
			for _, want := range tc.summary {
				if !strings.Contains(r.summary, want) {
					t.Errorf("the summary lacks %q:\n%s", want, r.summary)
				}
			}
			if tc.not != "" && strings.Contains(r.summary, tc.not) {
				t.Errorf("the summary has %q:\n%s", tc.not, r.summary)
			}
		})
	}
}

// TestActionGetsOneRelease: the archive with the checksum, and no other; curl is ours and hands out what is there.
func TestActionGetsOneRelease(t *testing.T) {
	archive, err := release.Tar([]release.File{{Name: "salve", Content: []byte("program"), Program: true}})
	if err != nil {
		t.Fatal(err)
	}
	sum := fmt.Sprintf("%x", sha256.Sum256(archive))
	const curl = `echo "$@" >asked; while [[ $# -gt 1 ]]; do [[ $1 == --output ]] && cp archive "$2"; shift; done`
	for name, tc := range map[string]struct {
		version, sha256, arch string
		want                  string // part of the log; empty where it goes well
	}{
		"the one":          {"v1.2.3", sum, "ARM64", ""},
		"another":          {"v1.2.3", strings.Repeat("0", 64), "X64", "another checksum"},
		"no checksum":      {"v1.2.3", "", "X64", "sha256 is not"},
		"no version":       {"v1.2.3/../../other", sum, "X64", "version is not like"},
		"a script":         {"v1.2.3$(touch hacked)", sum, "X64", "version is not like"},
		"another platform": {"v1.2.3", sum, "RISCV", "no release of salve for this runner"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRunner(t, map[string]string{"curl": curl})
			r.write("archive", string(archive))
			r.env["RUNNER_ARCH"] = tc.arch
			r.step("Get salve", map[string]string{"version": tc.version, "sha256": tc.sha256})
			if (r.code == 0) != (tc.want == "") || !strings.Contains(r.log, tc.want) || (r.onPath != "") != (tc.want == "") {
				t.Fatalf("ended with %d, on the PATH %q: %s", r.code, r.onPath, r.log)
			}
			if _, err := os.Stat(filepath.Join(r.folder, "hacked")); err == nil {
				t.Error("a script came in")
			}
			if tc.want == "" {
				r.gotTheRelease()
			}
		})
	}
}

// gotTheRelease wants the program on the PATH, and that it came from where releases are.
func (r *runner) gotTheRelease() {
	r.t.Helper()
	program, err := os.ReadFile(filepath.Join(strings.TrimSpace(r.onPath), "salve"))
	if err != nil || string(program) != "program" {
		r.t.Errorf("on the PATH is %q (%v)", program, err)
	}
	asked, err := os.ReadFile(filepath.Join(r.folder, "asked"))
	url := "https://github.com/salve-security/salve/releases/download/v1.2.3/salve-linux-arm64.tar.gz"
	if err != nil || !strings.Contains(string(asked), "--proto =https") || !strings.Contains(string(asked), url) {
		r.t.Errorf("asked %s (%v)", asked, err)
	}
}
