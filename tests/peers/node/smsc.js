// An SMSC made of node-smpp, steered by JSON lines on stdin, telling what happens by JSON lines on stdout.
//
//   in   {"do": "deliver", "id": 1, "source": "48…", "destination": "48…", "text": "…", "data_coding": 0, "payload": false}
//        {"do": "unbind"}  {"do": "cut"}  {"do": "half"}  {"do": "refuse", "status": 88}
//   out  {"event": "listening", "port": 1}  {"event": "bound", "mode": "transceiver"}
//        {"event": "response", "id": 1, "status": 0}  {"event": "submit", "source": …, "destination": …, "text": …}
//        {"event": "unbound"}  {"event": "closed"}
//
// Every alphabet and every parameter here is node-smpp's own; that is what the peer is for.

"use strict";

const readline = require("readline");
const smpp = require("smpp");

const [systemId, password] = process.argv.slice(2);
const sessions = new Set();
const refusals = [];
let messages = 0;

function tell(event, facts) {
  process.stdout.write(JSON.stringify({ event, ...facts }) + "\n");
}

const server = smpp.createServer({}, (session) => {
  for (const mode of ["transceiver", "receiver", "transmitter"]) {
    session.on(`bind_${mode}`, (pdu) => {
      if (pdu.system_id !== systemId || pdu.password !== password) {
        session.send(pdu.response({ command_status: smpp.ESME_RINVPASWD }));
        session.close();
        return;
      }
      session.mode = mode;
      sessions.add(session);
      session.send(pdu.response({ system_id: "node" }));
      tell("bound", { mode });
    });
  }
  session.on("enquire_link", (pdu) => session.send(pdu.response()));
  session.on("submit_sm", (pdu) => {
    const status = refusals.shift() || 0;
    session.send(pdu.response(status ? { command_status: status } : { message_id: `node-${++messages}` }));
    if (status) return;
    const { message } = pdu.short_message;
    tell("submit", { source: pdu.source_addr, destination: pdu.destination_addr, text: message, coding: pdu.data_coding });
  });
  session.on("unbind", (pdu) => {
    session.send(pdu.response());
    tell("unbound", {});
    session.close();
  });
  session.on("close", () => {
    sessions.delete(session);
    tell("closed", {});
  });
  session.on("error", () => {});
});

function deliver(wish) {
  const session = [...sessions].find((one) => one.mode !== "transmitter");
  const fields = {
    source_addr_ton: 1,
    source_addr_npi: 1,
    source_addr: wish.source,
    dest_addr_ton: 1,
    dest_addr_npi: 1,
    destination_addr: wish.destination,
    data_coding: wish.data_coding,
  };
  fields[wish.payload ? "message_payload" : "short_message"] = wish.text;
  session.deliver_sm(fields, (answer) => tell("response", { id: wish.id, status: answer.command_status }));
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const wish = JSON.parse(line);
  switch (wish.do) {
    case "deliver":
      deliver(wish);
      break;
    case "unbind":
      for (const session of sessions) session.unbind(() => session.close());
      break;
    case "cut":
      for (const session of sessions) session.destroy();
      break;
    case "half": // the first octets of a PDU, and then nothing more: the line went dead in the middle
      for (const session of sessions) {
        const whole = new smpp.PDU("deliver_sm", { source_addr: "1", short_message: "never whole" }).toBuffer();
        session.socket.write(whole.subarray(0, 30), () => session.destroy());
      }
      break;
    case "refuse":
      refusals.push(wish.status);
      break;
  }
}).on("close", () => process.exit(0));

server.listen(0, "127.0.0.1", () => tell("listening", { port: server.address().port }));
