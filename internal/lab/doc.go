// Package lab is an AWS of one's own on the loopback interface: one endpoint in front of two emulators and
// of handlers written in Go. Every request is authenticated and authorised by an IAM evaluator, whoever
// serves it in the end, and is written into a journal that tests and people can read.
//
// ministack serves identity, messaging, functions and stacks; moto serves the resources of member accounts;
// a request is routed by the service it is signed for. Runbooks of SSM Automation are carried out by a stand-in of the
// lab's own, written from AWS's documentation: it proves nothing about AWS. Faults can be injected into any call on
// demand.
package lab
