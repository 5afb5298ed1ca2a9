package validate

import (
	"bytes"
	_ "embed" // the schema of the language
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

//go:embed runbook.schema.json
var schemaText []byte

// shape holds a document to the schema of the language.
func shape(raw any) []Problem {
	schema, err := compiled()
	if err != nil {
		return []Problem{{Layer: Shape, Message: err.Error()}}
	}
	err = schema.Validate(asJSON(raw))
	var broken *jsonschema.ValidationError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &broken):
		return []Problem{{Layer: Shape, Message: err.Error()}}
	}
	var problems []Problem
	printer := message.NewPrinter(language.English)
	for _, cause := range leaves(broken) {
		p := Problem{Layer: Shape, Where: path(cause.InstanceLocation), Message: said(cause, printer)}
		if !slices.Contains(problems, p) {
			problems = append(problems, p)
		}
	}
	return problems
}

// listed is up to how many values a message names all.
const listed = 4

// said is a cause in words: of a long list of values it names the nearest, of a pattern what it means.
func said(cause *jsonschema.ValidationError, printer *message.Printer) string {
	switch broken := cause.ErrorKind.(type) {
	case *kind.Enum:
		if len(broken.Want) <= listed {
			break
		}
		var names []string
		for _, want := range broken.Want {
			names = append(names, fmt.Sprint(want))
		}
		got := fmt.Sprint(broken.Got)
		return fmt.Sprintf("%q is none of the %d values that are known here%s", got, len(names), meant(got, names))
	case *kind.Pattern:
		if words := inWords(cause.SchemaURL); words != "" {
			return fmt.Sprintf("%q is not %s", broken.Got, words)
		}
	case *kind.OneOf:
		return inWords(cause.SchemaURL)
	}
	return cause.ErrorKind.LocalizedString(printer)
}

// inWords is what a part of the schema asks for, by the end of its address.
func inWords(address string) string {
	for _, part := range []struct{ end, words string }{
		{"/Duration/anyOf/0", "a duration such as PT10M"},
		{"/onFailure", "Abort, Continue or step:NAME"},
		{"/onCancel", "Abort, Continue or step:NAME"},
		{"/step/properties/name", "a name of letters, digits and _"},
		{"/output/properties/Name", "a name of letters, digits and _"},
		{"/output/properties/Selector", "a JSONPath, which begins with $"},
		{"/parameter/properties/type", "String, StringList, Boolean, Integer, MapList, StringMap or a type of AWS's"},
		{"/outputs/items", "the output of a step, such as Step.Output"},
		{"/defs/choice", "a choice compares one Variable in one way, or has one of And, Or and Not"},
		{"/script/properties/inputs", "a script is either in Script or in Attachment"},
		{"/sleep/properties/inputs", "a sleep has either a Duration or a Timestamp"},
	} {
		if strings.HasSuffix(strings.ReplaceAll(address, "$", ""), part.end) {
			return part.words
		}
	}
	return ""
}

func compiled() (*jsonschema.Schema, error) {
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(schemaText))
	if err != nil {
		return nil, fmt.Errorf("the schema of runbooks: %w", err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("runbook.schema.json", parsed); err != nil {
		return nil, fmt.Errorf("the schema of runbooks: %w", err)
	}
	schema, err := compiler.Compile("runbook.schema.json")
	if err != nil {
		return nil, fmt.Errorf("the schema of runbooks: %w", err)
	}
	return schema, nil
}

// leaves are the causes that have no cause of their own: what a person has to mend. Of alternatives only the first is
// worth a word, the other is a reference; which one of several is meant nobody knows.
func leaves(e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	switch e.ErrorKind.(type) {
	case *kind.OneOf:
		return []*jsonschema.ValidationError{e}
	case *kind.AnyOf:
		return leaves(e.Causes[0])
	}
	if len(e.Causes) == 0 {
		return []*jsonschema.ValidationError{e}
	}
	var out []*jsonschema.ValidationError
	for _, cause := range e.Causes {
		out = append(out, leaves(cause)...)
	}
	return out
}

// path is a place in a document as people write it.
func path(parts []string) string {
	var b strings.Builder
	for _, part := range parts {
		switch {
		case strings.Trim(part, "0123456789") == "":
			b.WriteString("[" + part + "]")
		case b.Len() > 0:
			b.WriteString("." + part)
		default:
			b.WriteString(part)
		}
	}
	return b.String()
}

// asJSON makes what YAML reads into what a schema of JSON knows.
func asJSON(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, value := range v {
			out[key] = asJSON(value)
		}
		return out
	case map[any]any:
		out := map[string]any{}
		for key, value := range v {
			out[fmt.Sprint(key)] = asJSON(value)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, value := range v {
			out[i] = asJSON(value)
		}
		return out
	case uint64:
		return int(v)
	case int64:
		return int(v)
	}
	return v
}
