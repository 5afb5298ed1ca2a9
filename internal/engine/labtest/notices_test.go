package labtest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/salve-security/salve/internal/control"
	"github.com/salve-security/salve/internal/engine/enginetest"
	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
	labhub "github.com/salve-security/salve/internal/lab/securityhub"
	"github.com/salve-security/salve/internal/notice"
	"github.com/salve-security/salve/internal/outcome"
	"github.com/salve-security/salve/internal/run"
)

//nolint:gochecknoglobals // go test parses flags before a test runs
var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// story is a world in which people get one notice, or more of one kind.
type story struct {
	*testing.T
	*world
	p    *process
	name string // of the notice, and what its buckets are called after

	click bool
	on    map[string]func(do func() error) error // calls of the process that go otherwise
	told  int                                    // notices that came before
	only  notice.Kind                            // where there are others besides
	last  string                                 // the finding that was reported last
}

// TestNotices: what people and programs get of each kind, and the note on the finding, as real runs on real buckets
// bring them about. The golden files are there to be read.
func TestNotices(t *testing.T) {
	kinds := map[string]bool{}
	for name, play := range stories() {
		t.Run(name, func(t *testing.T) {
			s := newStory(t, name)
			play(s)
			told := slices.DeleteFunc(s.p.told()[s.told:], func(n notice.Notice) bool {
				return s.only != "" && n.Kind != s.only
			})
			if len(told) != 1 {
				t.Fatalf("%d notices, want 1: %+v", len(told), told)
			}
			kinds[string(told[0].Kind)] = true
			s.golden(told[0])
		})
	}
	for _, r := range outcome.Rows() {
		if r.Kind != "" && !kinds[r.Kind] {
			t.Errorf("no story ends with a notice of kind %s", r.Kind)
		}
	}
}

func newStory(t *testing.T, name string) *story {
	t.Helper()
	s := &story{T: t, world: newWorld(t), name: name, on: map[string]func(func() error) error{}}
	s.clock = enginetest.NewClock(time.Now().Truncate(5 * time.Minute)) // when people are told is counted by such spans
	s.config.Contact, s.config.Docs = "security@example.org", "https://wiki.example.org/salve"
	s.p = s.start(t, func(ctx context.Context, c call, do func(context.Context) error) error {
		if instead := s.on[c.operation]; instead != nil {
			return instead(func() error { return do(ctx) })
		}
		return do(ctx)
	})
	s.with(func(i *control.Info) {
		i.Title, i.Impact = "General purpose buckets should block public access", control.ImpactInterrupts
		i.Effect = "Readers without credentials lose access."
	})
	return s
}

// with changes the declaration of Store.3.
func (s *story) with(change func(*control.Info)) {
	c, _ := s.p.Controls.Get("Store.3")
	change(&c.Info)
	s.p.Controls = registryOf(s.T, c)
}

// open is a bucket of a name that is always the same, and its finding.
func (s *story) open(name string) (bucket string) {
	s.Helper()
	name = strings.ReplaceAll(s.name, "_", "-") + "-" + name
	client := s.S3(s.member)
	if _, err := client.CreateBucket(s.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() {
		_, _ = client.DeleteBucket(context.WithoutCancel(s.Context()), &s3.DeleteBucketInput{Bucket: &name}) // or it is gone
	})
	s.setFlags(s.T, name, block(false, false, true, true))
	return name
}

func (s *story) reported(bucket string) labhub.FindingSpec {
	spec := s.spec(bucket)
	spec.AccountName, spec.Title = "payments-prod", "General purpose buckets should block public access"
	spec.Description = "This control checks whether a bucket blocks public access. " +
		"It fails if one of the four settings is off."
	return spec
}

// finds has a bucket reported, or clicked on.
func (s *story) finds(bucket string) {
	s.Helper()
	s.last = s.report(s.T, s.reported(bucket))
	m := s.imported(s.T, s.last)
	if s.click {
		m = s.world.click(s.T, s.last)
	}
	s.p.handle(s.T, m)
}

// digest is the time of the digest.
func (s *story) digest() {
	s.clock.Move(5 * time.Minute)
	s.p.handle(s.T, enginetest.Sweep())
}

// after does something once the write was carried out, and answers with an error, if any.
func (s *story) after(then func() error) {
	s.on[write] = func(do func() error) error {
		delete(s.on, write)
		if err := do(); err != nil {
			return err
		}
		return then()
	}
}

// write is the call by which Store.3 writes.
const write = "PutPublicAccessBlock"

func invalid() error {
	return &smithy.GenericAPIError{Code: "MalformedXML", Message: "The XML is not well formed"}
}

// golden compares everything that was said with the file of its name.
func (s *story) golden(n notice.Notice) {
	s.Helper()
	m, err := notice.NewMessage(n)
	if err != nil {
		s.Fatal(err)
	}
	event, err := base64.StdEncoding.DecodeString(m.Event)
	if err != nil {
		s.Fatal(err)
	}
	chat, err := notice.Chat(n)
	if err != nil {
		s.Fatal(err)
	}
	text := "# Mail\n\nSubject: " + m.Subject + "\n\n" + m.Text + "\n# Note on the finding\n\n" + s.noted() +
		"\n\n# Event\n\n" + s.indented(string(event)) + "\n# Chat\n\n" + s.indented(chat)
	text = s.steady(text)
	path := filepath.Join("testdata", "notices", s.name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			s.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		s.Fatalf("%v; run the test with -update to write it", err)
	}
	if diff := cmp.Diff(string(want), text); diff != "" {
		s.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// noted is status and note of the finding that was reported last.
func (s *story) noted() string {
	if s.last == "" {
		return "(there is none)"
	}
	f := s.finding(s.T, s.last)
	if f.Note == nil {
		return string(f.Workflow.Status) + ": (none)"
	}
	return string(f.Workflow.Status) + ": " + aws.ToString(f.Note.Text)
}

func (s *story) indented(text string) string {
	var out bytes.Buffer
	if err := json.Indent(&out, []byte(text), "", "  "); err != nil {
		s.Fatalf("%v in %s", err, text)
	}
	return out.String() + "\n"
}

// steady names what differs from one time to the next by the order in which it comes.
func (s *story) steady(text string) string {
	for word, shape := range map[string]string{
		"RUN":     `\br[0-9a-v]{16}\b`,
		"UUID":    `[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`,
		"TIME":    `\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\dZ| UTC)`,
		"THREAD":  `"threadId": "[0-9a-f]{16}"`,
		"REQUEST": `(request id|RequestID:?) ?\S+`,
	} {
		var seen []string
		text = regexp.MustCompile(shape).ReplaceAllStringFunc(text, func(found string) string {
			if word == "TIME" || word == "THREAD" || word == "REQUEST" {
				return word
			}
			at := slices.Index(seen, found)
			if at < 0 {
				seen, at = append(seen, found), len(seen)
			}
			return fmt.Sprintf("%s%d", word, at+1)
		})
	}
	return text
}

// stories end with one notice each, by what they are called.
func stories() map[string]func(*story) {
	out := good()
	maps.Copy(out, bad())
	return out
}

// good are those that go as they should.
func good() map[string]func(*story) {
	return map[string]func(*story){
		"fixed": func(s *story) {
			s.finds(s.open("logs"))
			s.digest()
		},
		"fixed_by_click": func(s *story) {
			s.click, s.config = true, s.mode(gate.Manual)
			s.finds(s.open("logs"))
			s.digest()
		},
		"many_fixed": func(s *story) {
			for _, name := range []string{"archive", "logs", "web"} {
				s.finds(s.open(name))
			}
			s.digest()
		},
		"planned": func(s *story) {
			s.config = s.mode(gate.Plan)
			s.finds(s.open("logs"))
			s.digest()
		},
		"needs_approval": func(s *story) {
			s.config = s.mode(gate.Approve)
			s.finds(s.open("logs"))
		},
		"undone": func(s *story) {
			s.finds(s.open("logs"))
			s.digest()
			s.told = len(s.p.told())
			s.undo(run.StatusUndone)
		},
	}
}

// bad are those that do not.
func bad() map[string]func(*story) {
	return map[string]func(*story){
		"gone": func(s *story) {
			b := s.open("logs")
			s.after(func() error {
				_, err := s.S3(s.member).DeleteBucket(s.Context(), &s3.DeleteBucketInput{Bucket: &b})
				return err
			})
			s.finds(b)
			s.digest() // the second look, which makes sure
			s.digest()
		},
		"failed": func(s *story) {
			s.on[write] = func(func() error) error { return invalid() }
			s.finds(s.open("logs"))
		},
		"failed_half_way": func(s *story) {
			s.half(invalid())
		},
		"refused_half_way": func(s *story) {
			s.half(fault.New(fault.Refused, "the bucket cannot take more than two of the settings"))
		},
		"denied":      denied,
		"many_denied": manyDenied,
		"unverified": func(s *story) {
			b := s.open("logs")
			s.after(func() error {
				s.setFlags(s.T, b, block(true, false, true, true))
				return nil
			})
			s.finds(b)
		},
		"refused": func(s *story) {
			s.on["GetPublicAccessBlock"] = func(func() error) error {
				return fault.New(fault.Refused, "the bucket is a public web site, so somebody has to decide about it")
			}
			s.click = true
			s.finds(s.open("logs"))
		},
		"undone_half_way": func(s *story) {
			b := s.open("logs")
			s.finds(b)
			s.digest()
			s.told = len(s.p.told())
			s.after(func() error {
				s.setFlags(s.T, b, block(false, true, true, true))
				return invalid()
			})
			s.undo(run.StatusUndoneInPart)
		},
		"not_onboarded": func(s *story) {
			s.distrust(s.T)
			s.finds(s.open("logs"))
		},
		"cooling": cooling, "limited": limited, "reverted": reverted, "disputed": disputed, "stopped": stopped,
		"unproven": unproven,
	}
}
