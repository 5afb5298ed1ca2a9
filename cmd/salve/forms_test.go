package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// form is what a command prints with -o json and -o yaml: what a schema in docs/schema describes, or a list of it.
type form struct {
	schema    string // its file there, or a place in that
	one, list bool
}

const (
	runForm        = "run-v1.json"
	configForm     = "configuration-v1.json#/$defs/"
	orgForm        = "organization-v1.json#/$defs/"
	deploymentForm = "deployment-v1.json"
	assessForm     = "assessment-v1.json"
	rehearsalForm  = "rehearsal-v1.json#/$defs/"
)

// forms are the forms of all commands that print data.
func forms() map[string][]form {
	one := func(schema string) []form { return []form{{schema: schema, one: true}} }
	list := func(schema string) []form { return []form{{schema: schema, list: true}} }
	return map[string][]form{
		"plan": one(runForm), "apply": one(runForm), "verify": one(runForm),
		"undo":    {{schema: runForm, one: true, list: true}},                        // a list of many
		"history": list(runForm), "show": {{schema: runForm, one: true, list: true}}, // a list of a batch
		"assess":        one(assessForm),
		"handle":        list("audit-v1.json"),
		"replay":        append(list("replay-v1.json#/$defs/letter"), list("replay-v1.json#/$defs/finding")...),
		"rehearse":      append(one(rehearsalForm+"report"), list(rehearsalForm+"finding")...),
		"controls list": list("control-v1.json"), "controls show": {{schema: "control-v1.json", one: true, list: true}},
		"standards":     append(list("standard-v1.json#/$defs/standard"), list("standard-v1.json#/$defs/entry")...),
		"findings list": list("finding-v1.json"), "lab finding": one("finding-v1.json"),
		"enable": {
			{schema: configForm + "rule", one: true},
			{schema: configForm + "default", one: true},
			{schema: configForm + "pack", one: true},
			{schema: configForm + "lifted", one: true},
		},
		"exceptions list":   list("exception-v1.json#/$defs/exception"),
		"exceptions add":    one("exception-v1.json#/$defs/added"),
		"exceptions expire": one("exception-v1.json#/$defs/expired"),
		"disable":           one(configForm + "disabled"),
		"config history":    list(configForm + "version"), "config rollback": one(configForm + "change"),
		"rings list": list("ring-v1.json#/$defs/stage"), "rings history": list("ring-v1.json#/$defs/moved"),
		"rings advance": one("ring-v1.json#/$defs/change"), "rings back": one("ring-v1.json#/$defs/change"),
		"stop":            one("stop-v1.json#/$defs/stop"),
		"resume":          one("stop-v1.json#/$defs/resumed"),
		"config show":     {{schema: configForm + "shown", one: true}, {schema: configForm + "version", one: true}},
		"config validate": one(configForm + "valid"),
		"config diff":     one(configForm + "change"), "config push": one(configForm + "change"),
		"actions list": list("action-v1.json"), "actions create": list("action-v1.json"),
		"actions delete": list("action-v1.json"),
		"approvals":      list("approval-v1.json#/$defs/waiting"),
		"approve":        one("approval-v1.json#/$defs/answered"), "deny": one("approval-v1.json#/$defs/answered"),
		"locks list": list("lock-v1.json#/$defs/lock"), "locks release": one("lock-v1.json#/$defs/released"),
		"runbooks validate": list("runbook-v1.json#/$defs/problem"),
		"runbooks list":     list("runbook-v1.json#/$defs/runbook"),
		"runbooks show":     one("runbook-v1.json#/$defs/seen"),
		"runbooks plan":     one(runForm), "runbooks run": one(runForm),
		"org enable": list(orgForm + "step"), "org disable": list(orgForm + "step"),
		"org status": append(list(orgForm+"step"), list(orgForm+"account")...),
		"lab start":  one("lab-v1.json#/$defs/started"), "lab status": one("lab-v1.json#/$defs/status"),
		"selftest": {
			{schema: "selftest-v1.json#/$defs/report", one: true}, {schema: "selftest-v1.json#/$defs/plan", one: true},
		},
		"doctor": {
			{schema: "doctor-v1.json#/$defs/report", one: true},
			{schema: "doctor-v1.json#/$defs/account", list: true},
		},
		"deploy hub": one(deploymentForm), "deploy members": one(deploymentForm),
		"upgrade": one(deploymentForm), "destroy": one(deploymentForm),
		"lab reset": one("lab-v1.json#/$defs/reset"), "version": one("program-v1.json"),
	}
}

// silent are the commands that print no data, whatever -o says.
func silent() []string {
	return []string{"demo", "lab stop", "lab env", "lab click", "lab fault", "lab advance", "completion", "help"}
}

// asked are the command and the format that arguments ask for, "" where they ask for nothing.
func asked(args []string) (command, format string) {
	var root cli
	parser, err := kong.New(&root, helpTexts(), kong.Writers(io.Discard, io.Discard), kong.Exit(func(int) {}))
	if err != nil {
		return "", ""
	}
	parsed, err := parser.Parse(args)
	if err != nil || parsed.Selected() == nil {
		return "", ""
	}
	return words(parsed.Selected()), root.Output
}

// conforms compares what a command printed with its form; nothing is what is printed by one that failed.
func conforms(folder, command, format string, printed []byte) error {
	if len(printed) == 0 {
		return nil
	}
	known, ok := forms()[command]
	if !ok {
		return fmt.Errorf("salve %s prints data and has no schema: give it one in forms_test.go", command)
	}
	if format == formatYAML {
		var value any
		if err := yaml.Unmarshal(printed, &value); err != nil {
			return err
		}
		raw, err := json.Marshal(value)
		if err != nil {
			return err
		}
		printed = raw
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(printed))
	if err != nil {
		return err
	}
	for _, f := range known {
		if err = f.check(folder, value); err == nil {
			return nil
		}
	}
	return fmt.Errorf("salve %s prints what docs/schema does not say: %w", command, err)
}

func (f form) check(folder string, value any) error {
	schema, err := compiler().Compile(filepath.Join(folder, f.schema))
	if err != nil {
		return err
	}
	list, isList := value.([]any)
	switch {
	case isList && !f.list, !isList && !f.one:
		return fmt.Errorf("it is a list: %t", isList)
	case !isList:
		list = []any{value}
	}
	for _, v := range list {
		if err := schema.Validate(v); err != nil {
			return fmt.Errorf("%s: %w", f.schema, err)
		}
	}
	return nil
}

// compiler reads schemas from files, and takes formats for rules.
func compiler() *jsonschema.Compiler {
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	return c
}

// namesData tells that an argument may ask for such a format.
func namesData(arg string) bool {
	return strings.HasSuffix(arg, formatJSON) || strings.HasSuffix(arg, formatYAML)
}

// wantsData tells that a format is one of those that schemas describe.
func wantsData(format string) bool { return format == formatJSON || format == formatYAML }

// mentions tells that a line of a script runs a command and asks for data.
func mentions(line, command string) bool {
	return strings.Contains(line+" ", " "+command+" ") &&
		(strings.Contains(line, "-o json") || strings.Contains(line, "-o yaml"))
}
