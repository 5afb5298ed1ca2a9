// Package validate judges runbooks of SSM Automation before anything runs: their shape, the APIs they name, and what
// refers to what. Only AWS proves that AWS accepts a document.
package validate

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/salve-security/salve/internal/plain"
)

// MaxDocument is the size of a document that AWS takes, in bytes.
// Source: Systems Manager endpoints and quotas.
const MaxDocument = 64 << 10

// Layer is what found a problem.
type Layer string

// The layers, in their order: a document that breaks one may not be looked at by the next.
const (
	Shape      Layer = "shape"      // the document language
	API        Layer = "api"        // services, APIs and their inputs
	References Layer = "references" // parameters, steps, outputs, the role
)

// Problem is something wrong with a document.
type Problem struct {
	Layer   Layer
	Line    int    // from 1; 0 where there is none
	Where   string // such as mainSteps[2].inputs.Api
	Message string // a sentence without its full stop
}

// String is the problem in one line.
func (p Problem) String() string {
	text := p.Message
	if p.Where != "" {
		text = p.Where + ": " + text
	}
	if p.Line > 0 {
		text = fmt.Sprintf("line %d: %s", p.Line, text)
	}
	return text
}

// Runbook judges a document in YAML or JSON by all layers. A document of another shape is judged by its shape alone,
// since nothing else can be said of it.
func Runbook(content []byte) []Problem {
	if len(content) > MaxDocument {
		return []Problem{{Layer: Shape, Message: fmt.Sprintf("the document has %d bytes, more than the %d that AWS takes",
			len(content), MaxDocument)}}
	}
	if second := plain.SecondDocument(content); second > 0 {
		return []Problem{
			{Layer: Shape, Line: second, Message: "the document begins a second time, and of several AWS reads " +
				"the first only"},
		}
	}
	var raw any
	if err := yaml.Unmarshal(content, &raw); err != nil {
		return []Problem{{Layer: Shape, Message: "the document is no YAML or JSON: " + oneLine(err.Error())}}
	}
	problems := shape(raw)
	if len(problems) == 0 {
		var d document
		if err := yaml.Unmarshal(content, &d); err != nil {
			return []Problem{{Layer: Shape, Message: "the document cannot be read: " + oneLine(err.Error())}}
		}
		problems = append(apis(d), references(d)...)
	}
	for i := range problems {
		problems[i].Line = line(content, problems[i].Where)
	}
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), strings.Compare(a.Where, b.Where))
	})
	return problems
}

// line finds where a place is in the text; 0 where it is not.
func line(content []byte, where string) int {
	if where == "" {
		return 0
	}
	at, err := yaml.PathString("$." + where)
	if err != nil {
		return 0
	}
	node, err := at.ReadNode(bytes.NewReader(content))
	if err != nil {
		return 0
	}
	return node.GetToken().Position.Line
}

func oneLine(text string) string {
	first, _, _ := strings.Cut(text, "\n")
	return first
}
