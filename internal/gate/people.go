package gate

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/salve-security/salve/internal/plain"
)

// Limits of what stands in every notice.
const (
	maxContact = 120
	maxDocs    = 300
)

// docsShape is a link that means the same in a mail, in a chat and in a terminal.
var docsShape = regexp.MustCompile(`^https://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?(/[A-Za-z0-9._~/%?#=+@:,;-]*)?$`)

// Asked is whom to ask about what Salve does, and where to read on, as far as both can be shown to anybody.
func (c Config) Asked() (contact, docs string) {
	if contactProblem(c.Contact) == "" {
		contact = c.Contact
	}
	if docsProblem(c.Docs) == "" {
		docs = c.Docs
	}
	return contact, docs
}

// people checks what is told to those who get notices.
func (v *checker) people(c Config) {
	if problem := contactProblem(c.Contact); problem != "" {
		v.add("contact", problem, "write an address or the name of a team, such as security@example.org")
	}
	if problem := docsProblem(c.Docs); problem != "" {
		v.add("docs", problem, "write a link such as https://wiki.example.org/salve")
	}
}

func contactProblem(text string) string {
	switch {
	case plain.Length(text) > maxContact:
		return fmt.Sprintf("has more than %d characters", maxContact)
	case plain.Line(text) != text:
		return "is not one line of visible text"
	case strings.Contains(text, "://"):
		return "is a link, which belongs under docs"
	}
	return ""
}

func docsProblem(link string) string {
	switch {
	case link == "":
		return ""
	case len(link) > maxDocs:
		return fmt.Sprintf("has more than %d characters", maxDocs)
	case !docsShape.MatchString(link):
		return fmt.Sprintf("is %q, which is no plain https link", plain.Short(link, maxContact))
	}
	return ""
}
