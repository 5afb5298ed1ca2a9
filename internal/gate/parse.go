package gate

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/salve-security/salve/internal/plain"
)

// MaxDocument is the size of the largest document, in bytes.
const MaxDocument = 256 << 10 // the table keeps it in one item, together with its history

// Parse reads the YAML document. A field it does not know, a key given twice, an anchor, a tag or an empty
// value is a Problem with its line. Validate must follow: only then it is known that the values make sense.
func Parse(document []byte) (Config, error) {
	if len(document) > MaxDocument {
		return Config{}, Problem{Path: "document", Text: "is too large", Fix: "keep it below 256 KB"}
	}
	document = bytes.TrimPrefix(document, []byte("\ufeff")) // some editors begin a file with it
	if line := tooDeep(document); line > 0 {
		return Config{}, Problem{Line: line, Path: "document", Text: "is nested too deeply", Fix: "write it flat"}
	}
	file, err := parser.ParseBytes(document, 0)
	if err != nil {
		return Config{}, problemOf(err)
	}
	outline := outline{lines: map[string]int{}}
	if line := plain.SecondDocument(document); line > 0 {
		return Config{}, Problem{
			Line: line, Path: "document", Text: "begins a second time, and of several only the first would be read",
			Fix: "write one, from version: 1 on",
		}
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		return Config{}, Problem{Path: "document", Text: "is empty", Fix: "write one, from version: 1 on"}
	}
	ast.Walk(&outline, file.Docs[0].Body)
	if len(outline.problems) > 0 {
		return Config{}, errors.Join(outline.problems...)
	}
	var c Config
	if err := yaml.NewDecoder(bytes.NewReader(document), yaml.Strict()).Decode(&c); err != nil {
		return Config{}, problemOf(err)
	}
	c.lines = outline.lines
	if stored, err := c.JSON(); err == nil && len(stored) > MaxDocument { // Validate says what cannot be rendered
		return Config{}, Problem{Path: "document", Text: "is too large once stored", Fix: "keep it below 256 KB as JSON"}
	}
	return c, nil
}

// outline collects the lines of all values and refuses what reads other than it looks.
type outline struct {
	lines    map[string]int
	problems []error
}

// Visit is called for every node of the document.
func (o *outline) Visit(node ast.Node) ast.Visitor {
	path, line := strings.ReplaceAll(strings.TrimPrefix(node.GetPath(), "$."), "'", ""), 0
	if token := node.GetToken(); token != nil && token.Position != nil {
		line = token.Position.Line
	}
	if _, known := o.lines[path]; !known {
		o.lines[path] = line
	}
	switch node.(type) {
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		o.problems = append(o.problems, Problem{line, path, "uses an anchor or an alias", "write the value out"})
		return nil
	case *ast.TagNode: // the decoder does not survive all of them
		o.problems = append(o.problems, Problem{line, path, "uses a tag of YAML", "remove the word after the !"})
		return nil
	case *ast.NullNode:
		// "where:" with everything below it commented out would otherwise mean everywhere.
		o.problems = append(o.problems, Problem{line, path, "has no value", "give it one or remove the line"})
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		if err := written(path, node.GetToken().Value); err != nil {
			o.problems = append(o.problems, Problem{Line: line, Path: path, Text: err.Error()})
		}
	}
	return o
}

// written reads a day or a span of time: the decoder would not say on which line it is wrong.
func written(path, value string) error {
	var d Date
	var span Duration
	var days Days
	switch {
	case value == path[strings.LastIndex(path, ".")+1:]: // the name of the field itself
		return nil
	case strings.HasPrefix(path, "exceptions[") && strings.HasSuffix(path, "].expires"):
		return d.UnmarshalText([]byte(value))
	case strings.HasPrefix(path, "controls.") && strings.HasSuffix(path, ".after") &&
		!strings.Contains(path, ".parameters."):
		return days.UnmarshalText([]byte(value))
	case path == "limits.cooldown", path == "approvals.expires":
		return span.UnmarshalText([]byte(value))
	}
	return nil
}

// problemOf turns the parser's error into ours, with its line and, for a field, a guess what was meant.
func problemOf(err error) error {
	var at yaml.Error
	if !errors.As(err, &at) {
		return fmt.Errorf("read the configuration: %w", err)
	}
	problem := Problem{Path: "document", Text: at.GetMessage(), Fix: "correct the YAML"}
	if token := at.GetToken(); token != nil && token.Position != nil {
		problem.Line = token.Position.Line
	}
	var unknown *yaml.UnknownFieldError
	if errors.As(err, &unknown) && unknown.Token != nil {
		problem.Fix = meant(unknown.Token.Value)
	}
	return problem
}
