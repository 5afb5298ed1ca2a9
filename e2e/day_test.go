package e2e

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"
	"github.com/salve-security/salve/internal/lab"
)

//nolint:gochecknoglobals // a flag of go test
var update = flag.Bool("update", false, "write into docs/day.md what the commands print")

// day plays docs/day.md.
type day struct {
	world
	salve, dir string
	people     map[string][]string // environments, by profile
	runs       []string            // ids in the order in which they were printed
}

// TestADay plays docs/day.md: the commands that stand there, in the place of a person with a shell, against the
// deployed function, and what they print. What happens around them stands there as comments that a reader does not see.
func TestADay(t *testing.T) {
	d := newDay(t)
	page, err := os.ReadFile("../docs/day.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(page), "\n")
	out := d.play(t, lines)
	if *update {
		if err := os.WriteFile("../docs/day.md", []byte(strings.Join(out, "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if d := cmp.Diff(lines, out); d != "" {
		t.Errorf("docs/day.md (-page +played); go test ./e2e -run TestADay -update writes it:\n%s", d)
	}
}

// play plays the page, and returns it with what is printed now.
func (d *day) play(t *testing.T, lines []string) (out []string) {
	t.Helper()
	until := ""
	for i := 0; i < len(lines); i++ {
		out = append(out, lines[i])
		if what, ok := strings.CutPrefix(lines[i], "<!-- day: "); ok {
			what = strings.TrimSuffix(what, " -->")
			if text, waits := strings.CutPrefix(what, "until "); waits {
				until = text
			} else {
				d.happens(t, strings.Fields(what))
			}
		}
		if lines[i] != "```console" {
			continue
		}
		for i++; lines[i] != "```"; i++ {
			command, ok := strings.CutPrefix(lines[i], "$ ")
			if !ok {
				continue // what was printed when the page was written
			}
			text := until
			out = append(append(out, lines[i]), d.types(t, command, func(printed string) bool {
				return strings.Contains(printed, text)
			})...)
			until = ""
		}
		out = append(out, "```")
	}
	return out
}

func newDay(t *testing.T) *day {
	t.Helper()
	d := &day{world: newWorld(t), dir: t.TempDir(), people: map[string][]string{}}
	d.salve = filepath.Join(d.dir, "salve")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", d.salve, "../cmd/salve")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return d
}

// happens does what happens around a person with a shell.
func (d *day) happens(t *testing.T, what []string) {
	t.Helper()
	switch verb, of := what[0], what[1:]; verb {
	case "bucket":
		if _, err := d.S3(of[0]).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &of[1]}); err != nil {
			t.Fatal(err)
		}
	case "finding":
		spec := bucketFinding(of[1], "arn:aws:s3:::"+of[2])
		if spec.Control = of[0]; spec.Control != "S3.8" {
			spec.Title = "S3 general purpose buckets should require requests to use SSL"
			spec.Severity = "MEDIUM"
		}
		d.report(t, spec)
	case "approver":
		d.approver(t, of[0])
	case "file":
		text, err := os.ReadFile(filepath.Join("testdata", of[0]))
		if err == nil {
			err = os.WriteFile(filepath.Join(d.dir, of[0]), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	default:
		d.goesWrong(t, verb, of)
	}
}

// goesWrong does what goes wrong around a person, and waits for what comes of it.
func (d *day) goesWrong(t *testing.T, verb string, of []string) {
	t.Helper()
	switch verb {
	case "fault":
		if err := d.Inject(lab.Fault{Service: of[0], Operation: of[1], Error: of[2]}); err != nil {
			t.Fatal(err)
		}
	case "denied": // the function was not allowed to fix a bucket
		denied := func(line string) bool { return strings.Contains(line, of[0]) && strings.Contains(line, "denied") }
		d.types(t, "salve history --status denied", func(out string) bool {
			return slices.ContainsFunc(strings.Split(out, "\n"), denied)
		})
	case "faults":
		d.ClearFaults()
	default:
		t.Fatalf("nothing is called %q", verb)
	}
}

// approver makes a role of the hub whose answers may count, with the managed policy of the hub's stack.
func (d *day) approver(t *testing.T, name string) {
	t.Helper()
	client, home := iam.NewFromConfig(d.hub()), "arn:aws:iam::"+d.Hub()
	_, err := client.CreateRole(t.Context(), &iam.CreateRoleInput{
		RoleName: aws.String("approvers"), AssumeRolePolicyDocument: aws.String(
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + home + `:root"},` +
				`"Action":"sts:AssumeRole"}]}`),
	})
	if err == nil {
		_, err = client.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{
			RoleName: aws.String("approvers"), PolicyArn: aws.String(home + ":policy/salve-approver"),
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	out, err := sts.NewFromConfig(d.hub()).AssumeRole(t.Context(), &sts.AssumeRoleInput{
		RoleArn: aws.String(home + ":role/approvers"), RoleSessionName: &name,
	})
	if err != nil {
		t.Fatal(err)
	}
	d.people[name] = []string{
		"AWS_ACCESS_KEY_ID=" + aws.ToString(out.Credentials.AccessKeyId),
		"AWS_SECRET_ACCESS_KEY=" + aws.ToString(out.Credentials.SecretAccessKey),
		"AWS_SESSION_TOKEN=" + aws.ToString(out.Credentials.SessionToken),
	}
}

// types is a command of the page, and what it prints. Until a text is printed the command is typed again, as a person
// does who waits for it.
func (d *day) types(t *testing.T, command string, enough func(out string) bool) []string {
	t.Helper()
	deadline, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		out := d.prints(t, command)
		switch {
		case enough(out):
			return strings.Split(strings.TrimRight(d.alike(out), "\n"), "\n")
		case deadline.Err() != nil:
			t.Fatalf("%s: what has to come does not\n%s\n%s", command, out, d.log(t))
		}
	}
}

func (d *day) prints(t *testing.T, command string) string {
	t.Helper()
	for n, id := range slices.Backward(d.runs) {
		command = strings.ReplaceAll(command, alike(n), id)
	}
	shell := exec.CommandContext(t.Context(), "sh", "-c", command)
	shell.Dir = d.dir
	shell.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+d.Endpoint(), "AWS_ACCESS_KEY_ID="+d.Hub(),
		"AWS_SECRET_ACCESS_KEY=test", "AWS_SESSION_TOKEN=", "AWS_REGION="+d.Region(), "NO_COLOR=1", "COLUMNS=110",
		"XDG_CACHE_HOME="+filepath.Join(d.dir, "cache"), "PATH="+d.dir+":"+os.Getenv("PATH"))
	if who, rest, ok := strings.Cut(command, " "); ok && strings.HasPrefix(who, "AWS_PROFILE=") {
		shell.Env = append(shell.Env, d.people[strings.TrimPrefix(who, "AWS_PROFILE=")]...)
		shell.Args[2] = rest
	}
	var out bytes.Buffer
	shell.Stdout, shell.Stderr = &out, &out
	var code *exec.ExitError
	if err := shell.Run(); err != nil && !errors.As(err, &code) {
		t.Fatalf("%s: %v", command, err)
	}
	if code != nil {
		fmt.Fprintf(&out, "(exit code %d)\n", code.ExitCode())
	}
	return out.String()
}

var (
	runID  = regexp.MustCompile(`\br[0-9a-v]{16}(-[0-9a-z]{8})?\b`)
	clock  = regexp.MustCompile(`( \d\d:\d\d)(:\d\d)? UTC\b`)
	date   = regexp.MustCompile(`\b20\d\d-\d\d-\d\d\b`)
	hash   = regexp.MustCompile(`\(hash [0-9a-f]{12}\)`)
	unique = regexp.MustCompile(`\bAROA[0-9A-Z]{8,}\b`)
	given  = regexp.MustCompile(`\bx[a-z2-7]{9}\b`)
)

// patience is how long a person waits for what has to come.
const patience = 2 * time.Minute

// alike is the id that stands on the page for the nth run.
func alike(n int) string { return fmt.Sprintf("r06day%011d", n+1) }

// alike puts in the place of what is another each time what is not.
func (d *day) alike(out string) string {
	for _, id := range runID.FindAllString(out, -1) {
		known := false
		for _, one := range d.runs {
			known = known || one == id
		}
		if !known {
			d.runs = append(d.runs, id)
		}
	}
	for n, id := range d.runs {
		like := alike(n)
		if _, more, batch := strings.Cut(id, "-"); batch {
			like += "-" + strings.Repeat("0", len(more))
		}
		out = strings.ReplaceAll(out, id, like)
	}
	out = clock.ReplaceAllStringFunc(out, func(at string) string { return " 09:00:00 UTC"[:len(at)-4] + " UTC" })
	out = date.ReplaceAllStringFunc(out, func(day string) string {
		at, err := time.Parse(time.DateOnly, day)
		if err != nil {
			return day
		}
		ahead := at.Sub(time.Now().UTC().Truncate(24 * time.Hour))
		return time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC).Add(ahead).Format(time.DateOnly)
	})
	out = hash.ReplaceAllString(out, "(hash 0123456789ab)")
	out = unique.ReplaceAllString(out, "AROAEXAMPLE")
	out = given.ReplaceAllString(out, "xexception")
	lines := strings.Split(out, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n")
}
