package plain

import (
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"
)

// SecondDocument is the line on which a text in YAML begins its second document, 0 where it has one only. Readers take
// the first and say nothing of the others, which whoever wrote them believes to hold.
func SecondDocument(text []byte) int {
	header, content, ended, directive := false, false, false, -1
	for _, t := range lexer.Tokenize(string(text)) {
		line := lineOf(t)
		switch {
		case t.Type == token.CommentType || line == directive:
		case t.Type == token.DirectiveType:
			directive = line
		case t.Type == token.DocumentEndType:
			ended = header || content
		case ended, t.Type == token.DocumentHeaderType && (header || content):
			return line
		case t.Type == token.DocumentHeaderType:
			header = true
		default:
			content = true
		}
	}
	return 0
}

func lineOf(t *token.Token) int {
	if t.Position == nil {
		return 0
	}
	return t.Position.Line
}
