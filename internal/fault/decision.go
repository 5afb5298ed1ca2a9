package fault

import (
	"errors"
	"regexp"
	"strings"

	"github.com/aws/smithy-go"
)

// decision returns what Salve itself said where no call led to the error, and "" otherwise. What was put around
// it on the way tells a developer where it was said, and a reader nothing.
func decision(err error) string {
	var call *smithy.OperationError
	var answer smithy.APIError
	own := new(classified)
	if errors.As(err, &call) || errors.As(err, &answer) || !errors.As(err, &own) {
		return ""
	}
	switch own.class { //nolint:exhaustive // the others are no decisions
	case Refused, Drifted, Unverified, Denied:
		return capital(safe(unlabelled(own.Error())))
	}
	return ""
}

// unlabelled takes out which function of which control said it: the reader knows the control, and not that it
// consists of functions.
func unlabelled(text string) string {
	return regexp.MustCompile(`(^|: )(?:(?:read|decide|write) [A-Za-z0-9-]+\.[0-9]+: )+`).ReplaceAllString(text, "$1")
}

// capital makes a sentence of a text that begins with a word. A name stays as it is.
func capital(text string) string {
	if regexp.MustCompile(`^[a-z]+[ ,]`).MatchString(text) {
		return strings.ToUpper(text[:1]) + text[1:]
	}
	return text
}
