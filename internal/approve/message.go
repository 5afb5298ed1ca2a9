// Package approve decides whether a person may answer a plan that waits for approval, and what follows from the answer.
// It is a pure function of the configuration, the run that waits and the message. Who sent the message is SQS's word,
// never the message's own.
package approve

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/salve-security/salve/internal/names"
	"github.com/salve-security/salve/internal/plain"
	"github.com/salve-security/salve/internal/run"
)

// Version is the version of the message this release reads.
const Version = 1

const (
	maxBody   = 8 << 10 // far above what the command line sends
	maxReason = 300
)

var (
	runShape  = regexp.MustCompile(`^r[A-Za-z0-9-]{1,127}$`)
	planShape = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// ErrMalformed says that a message of the queue of approvals cannot be read. It never says what stands in it.
var ErrMalformed = errors.New("malformed approval")

// Message is an answer to a plan, as it came through the queue.
type Message struct {
	ID     string // of the message
	Sender string // SenderId: who sent it, as AWS says
	Run    string // that waits
	Plan   string // the hash of the plan that the sender has seen
	Word   run.Word
	Reason string
}

// body is what the sender writes. Who he is stands nowhere in it: what it says of that is not read.
type body struct {
	Salve   string `json:"salve"`
	Version int    `json:"version"`
	Run     string `json:"run"`
	Plan    string `json:"plan"`
	Answer  string `json:"answer"`
	Reason  string `json:"reason,omitempty"`
}

// Encode is the body of a message that gives the answer.
func Encode(m Message) (string, error) {
	raw, err := json.Marshal(body{
		Salve: names.MessageApproval, Version: Version, Run: m.Run, Plan: m.Plan, Answer: string(m.Word),
		Reason: plain.Short(m.Reason, maxReason),
	})
	if err != nil {
		return "", fmt.Errorf("encode the answer to run %s: %w", m.Run, err)
	}
	return string(raw), nil
}

// Decode reads the body of a message; whose it is, and which, the queue says. An error is an ErrMalformed.
func Decode(content, id, sender string) (Message, error) {
	var b body
	switch err := json.Unmarshal([]byte(content), &b); {
	case len(content) > maxBody:
		return Message{}, malformed("it has %d bytes", len(content))
	case err != nil:
		return Message{}, malformed("it is not the JSON of an answer")
	case b.Salve != names.MessageApproval:
		return Message{}, malformed("it is no answer to a plan, and nothing else is taken from this queue")
	case b.Version > Version:
		return Message{}, malformed("it has version %d, this release reads %d: upgrade the hub", b.Version, Version)
	case b.Version != Version:
		return Message{}, malformed("it has version %d, this release reads %d", b.Version, Version)
	case !runShape.MatchString(b.Run):
		return Message{}, malformed("it names no run")
	case !planShape.MatchString(b.Plan):
		return Message{}, malformed("it does not say which plan it is about")
	case b.Answer != string(run.Approve) && b.Answer != string(run.Deny):
		return Message{}, malformed("its answer is neither approve nor deny")
	}
	return Message{
		ID: id, Sender: sender, Run: b.Run, Plan: b.Plan, Word: run.Word(b.Answer), Reason: plain.Short(b.Reason, maxReason),
	}, nil
}

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrMalformed, fmt.Sprintf(format, args...))
}

// person is who AWS says somebody is: the unique id of a user, or of a role with the name of the session.
type person struct{ id, session string }

// personOf reads an id as SQS and STS write it: AIDA… of a user, AROA…:SESSION of a role. Everything else, such as an
// account's root, another account or a service, is nobody who could answer.
func personOf(sender string) (person, bool) {
	id, session, role := strings.Cut(sender, ":")
	switch {
	case strings.HasPrefix(id, "AROA") && role && session != "":
		return person{id, session}, true
	case strings.HasPrefix(id, "AIDA") && !role:
		return person{id: id}, true
	}
	return person{}, false
}

// answer is the message as it is kept.
func (m Message) answer(p person, arn string, named bool, now time.Time) run.Answer {
	return run.Answer{
		Message: m.ID, Word: m.Word, ID: p.id, Session: plain.Short(p.session, maxSession), Named: named, ARN: arn,
		Reason: m.Reason, At: now.UTC(),
	}
}

// maxSession is as long as a session's name may be.
const maxSession = 64
