package main

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/salve-security/salve/internal/fault"
)

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Help says how to use the script.
func (*completionCmd) Help() string {
	return "bash, in ~/.bashrc:  eval \"$(salve completion bash)\"\n\n" +
		"zsh, in ~/.zshrc after compinit:  eval \"$(salve completion zsh)\"\n\n" +
		"fish:  salve completion fish > ~/.config/fish/completions/salve.fish"
}

// The scripts ask the program itself, so that they never fall behind it. Words
// with a colon are left alone by bash: ARNs are not completed.
const (
	bashScript = `_salve() {
  mapfile -t COMPREPLY < <(salve complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _salve salve`
	zshScript = `_salve() {
  local -a found
  found=("${(@f)$(salve complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  [[ -n "$found" ]] && compadd -a found || _files
}
compdef _salve salve`
	fishScript = `complete -c salve -f -a '(salve complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'`
)

// Run prints the script.
func (c *completionCmd) Run(a *app) error {
	script, ok := map[string]string{"bash": bashScript, "zsh": zshScript, "fish": fishScript}[c.Shell]
	if !ok {
		return fault.New(fault.Invalid, "shell %q is not known: use bash, zsh or fish", c.Shell)
	}
	a.say("%s", painted(script))
	return nil
}

type completeCmd struct {
	Words []string `arg:"" optional:"" passthrough:""`
}

// Run prints what could stand in the place of the last word.
func (c *completeCmd) Run(a *app, model *kong.Application) error {
	words := c.Words
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	if len(words) > 1 && words[0] == "help" {
		words = words[1:]
	}
	if len(words) == 0 {
		words = []string{""}
	}
	found := suggest(a.names, model.Node, words)
	return a.data(found, func() {
		for _, s := range found {
			a.say("%s", s)
		}
	})
}

// suggest follows the words through the tree of commands and returns what may
// stand for the last one.
func suggest(names catalogue, node *kong.Node, words []string) []string {
	last := words[len(words)-1]
	place, value := 0, (*kong.Flag)(nil)
	for _, word := range words[:len(words)-1] {
		switch {
		case value != nil:
			value = nil
		case strings.HasPrefix(word, "-"):
			value = takesValue(node, word)
		case child(node, word) != nil:
			node = child(node, word)
		default:
			place++
		}
	}
	var out []string
	for _, s := range candidates(names, node, value, place, last) {
		if s != "" && strings.HasPrefix(s, last) {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return out
}

func candidates(names catalogue, node *kong.Node, value *kong.Flag, place int, last string) []string {
	switch {
	case value != nil:
		return values(names, value.Value)
	case strings.HasPrefix(last, "-"):
		return flags(node)
	case place < len(node.Positional):
		return values(names, node.Positional[place])
	}
	var out []string
	for _, c := range node.Children {
		if !c.Hidden {
			out = append(out, c.Name)
		}
	}
	return out
}

func child(node *kong.Node, name string) *kong.Node {
	for _, c := range node.Children {
		if c.Name == name {
			return c
		}
	}
	return nil
}

func flags(node *kong.Node) []string {
	var out []string
	for _, group := range node.AllFlags(true) {
		for _, f := range group {
			out = append(out, "--"+f.Name)
		}
	}
	return out
}

// takesValue is the flag whose value the next word is; nil if there is none.
func takesValue(node *kong.Node, word string) *kong.Flag {
	for _, group := range node.AllFlags(true) {
		for _, f := range group {
			if (word == "--"+f.Name || f.Short != 0 && word == "-"+string(f.Short)) && !f.IsBool() {
				return f
			}
		}
	}
	return nil
}

// values are what an argument or a flag can be, as far as that can be known.
func values(names catalogue, v *kong.Value) []string {
	if v.Enum != "" {
		return v.EnumSlice()
	}
	var several []string
	if v.Tag.Has("patterns") { // this takes them
		several = services(names.controlIDs())
	}
	switch v.Name {
	case "control", "control-or-finding":
		return slices.Concat(names.controlIDs(), several)
	case "key", "standard":
		return names.standards.Keys()
	case "control-or-standard":
		return slices.Concat(names.controlIDs(), several, names.standards.Keys())
	}
	return nil
}
