import { parentPort, workerData } from 'node:worker_threads'
import type { Evidence } from '../suites/judge.ts'
import { judgeHere } from './rejudge.ts'

parentPort?.postMessage(judgeHere(workerData as Evidence))
