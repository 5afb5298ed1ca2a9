package fault

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"github.com/aws/smithy-go"

	"github.com/salve-security/salve/internal/plain"
)

const (
	// maxCause leaves room in a note of 512 characters for everything else it must say.
	maxCause = 220
	// maxOwn is for what Salve says itself, which names the remedy too. It is as much as every channel shows.
	maxOwn = 300
)

// Cause returns one sentence for people that says what went wrong: the call, what AWS answered and, for
// a denial, which kind of policy denied. A decision of Salve's own is its sentence alone. Tokens, keys and
// signatures are taken out.
func Cause(err error) string {
	if err == nil {
		return ""
	}
	if own := decision(err); own != "" {
		return sentence(own, maxOwn)
	}
	text := subject(err) + " " + reason(err)
	if Of(err) == NotOnboarded { // which says more to people than the call that failed
		text = "The account is not onboarded: " + text
	}
	return sentence(text, maxCause)
}

// reason says what went wrong, to follow the subject.
func reason(err error) string {
	answer := smithy.APIError(nil)
	answered := errors.As(err, &answer)
	class := Of(err)
	switch denier := Denier(err); {
	case denier != "":
		return "was denied: " + denier
	case answered && (class == Denied || class == NotOnboarded):
		return "was denied (" + answer.ErrorCode() + "), AWS does not say by which policy"
	case errors.Is(err, context.DeadlineExceeded):
		return "did not finish in time"
	case errors.Is(err, context.Canceled): // Ctrl-C, or a process that is told to end
		return "was interrupted"
	case !answered:
		return "failed: " + safe(unlabelled(innermost(err)))
	}
	text := "failed: " + answer.ErrorCode()
	if message := safe(answer.ErrorMessage()); message != "" {
		text += ", " + message
	}
	return text
}

// subject names the call, or nothing in particular when the error is not from a call.
func subject(err error) string {
	if call := new(smithy.OperationError); errors.As(err, &call) {
		return call.Service() + " " + call.Operation()
	}
	return "The step"
}

// innermost returns the text of err without the layers the SDK wraps around it, which say request ids
// and attempt counts that mean nothing to a reader.
func innermost(err error) string {
	if call := new(smithy.OperationError); errors.As(err, &call) && call.Err != nil {
		return call.Err.Error()
	}
	return err.Error()
}

func sentence(text string, limit int) string {
	text = plain.Line(text)
	return plain.Cut(strings.TrimRight(text, ". "), limit-1) + "."
}

// safe takes out what must not be repeated: the opaque message EC2 attaches to denials, access keys,
// presigned queries, and anything that has the form of a token.
func safe(text string) string {
	for _, rule := range []struct{ pattern, with string }{
		{`(?s)Encoded authorization failure message:.*`, ""},
		{`(?s)The Canonical String for this request should have been.*`, ""},
		{`(https?://[^\s?"']+)\?[^\s"']*`, "$1"},
		{`\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b`, "[key]"},
		{`(?i)\b(password|secret\w*|token|externalid|authorization|credential)\b(\s*[=:]\s*)[^\s,;]+`, "$1$2[hidden]"},
		{`[A-Za-z0-9+/=]{40,}`, "[hidden]"},
	} {
		text = regexp.MustCompile(rule.pattern).ReplaceAllString(text, rule.with)
	}
	return plain.Line(text)
}
